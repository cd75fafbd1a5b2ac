import { element } from "../element.ts";
import type { SessionMessages } from "./session-messages.ts";

export interface Banner {
  show(text: string): void;
  hide(): void;
}

/** At the lower edge, in nobody's way: it takes no focus, and what is focused behind it is scrolled free of it. */
export function createBanner(root: ShadowRoot, messages: SessionMessages, closed: () => void): Banner {
  const said = element("p", {});
  const close = element("button", { type: "button" }, messages.bannerClose);
  const banner = element(
    "div",
    { class: "banner", role: "region", "aria-label": messages.bannerLabel, lang: messages.lang, hidden: "" },
    said,
    close,
  );
  const room = (size: string): void => {
    document.documentElement.style.scrollPaddingBottom = size;
  };
  const hide = (): void => {
    banner.hidden = true;
    room("");
  };
  close.addEventListener("click", () => {
    hide();
    closed();
  });
  root.append(banner);
  return {
    show(text) {
      said.textContent = text;
      banner.hidden = false;
      room(`${banner.offsetHeight}px`);
    },
    hide,
  };
}
