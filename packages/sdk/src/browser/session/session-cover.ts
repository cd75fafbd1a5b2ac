import { element, seam } from "../element.ts";
import type { SessionMessages } from "./session-messages.ts";

export interface Cover {
  /** Replaces what it says. Both texts are shown as they are; empty ones are left out. */
  show(heading: string, texts: readonly string[], signIn: string | null): void;
  hide(): void;
  /** Moves the focus to the heading. Only for a page that a person looks at. */
  focus(): void;
}

/** Lies over the whole page, which can neither be read nor reached behind it. */
export function createCover(root: ShadowRoot, messages: SessionMessages): Cover {
  const heading = element("h1", { id: "over", tabindex: "-1" });
  const said = element("div", {});
  const way = element("a", {}, messages.signIn);
  const dialog = element(
    "dialog",
    { class: "cover", "aria-labelledby": "over", lang: messages.lang, closedby: "none" },
    seam(),
    heading,
    said,
    element("div", { class: "acts" }, way),
  );
  let shown = false;
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.addEventListener("close", () => {
    if (shown) dialog.showModal();
  });
  way.addEventListener("click", (event) => {
    // A link to this very page with a fragment would only scroll.
    if (location.hash === "" || way.href !== location.href) return;
    event.preventDefault();
    location.reload();
  });
  root.append(dialog);
  return {
    show(title, texts, signIn) {
      heading.textContent = title;
      said.replaceChildren(...texts.filter((text) => text !== "").map((text) => element("p", {}, text)));
      way.hidden = signIn === null;
      way.href = signIn ?? "";
      shown = true;
      if (!dialog.open) dialog.showModal();
    },
    hide() {
      shown = false;
      dialog.close();
    },
    focus() {
      heading.focus();
    },
  };
}
