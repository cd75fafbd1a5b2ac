import { element, seam, TELLS } from "../element.ts";
import { filled, inUnits, shownTime, spokenMark } from "./countdown.ts";
import type { SessionMessages } from "./session-messages.ts";

export interface WarningDialog {
  readonly isOpen: boolean;
  /** Milliseconds left. `capped`: the session cannot be extended. `saved`: what was typed outlives the session. */
  open(left: number, about: { readonly capped: boolean; readonly saved: boolean }): void;
  draw(left: number): void;
  /** Shown and spoken; null: nothing is under way any more. */
  busy(text: string | null): void;
  /** Shown and spoken, until the time is spoken next. */
  say(text: string): void;
  /** Said at once. */
  urgent(text: string): void;
  /** From now on signing in again is all that is left. */
  cap(): void;
  /** Gives the focus back to where it was. */
  close(): void;
}

/**
 * Exactly two texts of the open dialog change by themselves: the time that is drawn, which screen readers are not told
 * of, and the line that speaks, which is there, empty, before the dialog opens.
 */
export function createWarning(
  root: ShadowRoot,
  messages: SessionMessages,
  on: {
    readonly stay: () => void;
    readonly leave: () => void;
    readonly again: (event: Event) => void;
    /** Where signing in again is. */
    readonly againAt: () => string;
  },
): WarningDialog {
  const { lang } = messages;
  const gap = element("i", {});
  const time = element("b", { class: "time", "aria-hidden": "true" });
  const timeAtFirst = element("span", { class: "away" });
  const text = element("p", { id: "text" });
  const stay = element("button", { type: "button", class: "main" }, messages.stay);
  const again = element("a", { class: "main", target: "_blank", rel: "noopener" }, messages.again);
  const leave = element("button", { type: "button" }, messages.leave);
  const spoken = element("p", { class: "said away", ...TELLS });
  const alert = element("p", { class: "said urgent", role: "alert", "aria-live": "assertive" });
  const dialog = element(
    "dialog",
    { role: "alertdialog", "aria-labelledby": "heading", "aria-describedby": "text", lang },
    seam(gap),
    element("h2", { id: "heading" }, messages.heading),
    text,
    element("div", { class: "acts" }, stay, again, leave),
    spoken,
    alert,
  );
  let isOpen = false;
  let whole = 1;
  let before = 0;
  let doing: string | null = null;
  let focused: Element | null = null;
  const write = (node: HTMLElement, said: string): void => {
    if (node.textContent !== said) node.textContent = said;
  };
  const say = (said: string, seen: boolean): void => {
    spoken.classList.toggle("away", !seen);
    write(spoken, said);
  };
  const capped = (yes: boolean): void => {
    stay.hidden = yes;
    again.hidden = !yes;
  };

  stay.addEventListener("click", () => on.stay());
  leave.addEventListener("click", () => on.leave());
  again.addEventListener("click", (event) => on.again(event));
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    on.stay();
  });
  // A browser may close it without asking, where Escape is pressed twice.
  dialog.addEventListener("close", () => {
    if (!isOpen) return;
    dialog.showModal();
    on.stay();
  });
  root.append(dialog);

  return {
    get isOpen() {
      return isOpen;
    },
    open(left, about) {
      const [start = "", end = ""] = messages.text.split("{time}");
      const more = [about.saved ? messages.saved : "", about.capped ? messages.capped : ""];
      timeAtFirst.textContent = shownTime(left, lang);
      text.replaceChildren(
        start,
        time,
        timeAtFirst,
        end,
        ...more.flatMap((one) => (one === "" ? [] : [" ", one])),
      );
      again.href = on.againAt();
      capped(about.capped);
      [whole, before] = [Math.max(1, left), left];
      // What was under way when it closed last is over.
      this.busy(null);
      write(alert, "");
      focused = deepest(document.activeElement);
      isOpen = true;
      this.draw(left);
      dialog.showModal();
      (about.capped ? again : stay).focus();
    },
    draw(left) {
      write(time, shownTime(left, lang));
      gap.style.flexBasis = `${Math.round(88 * Math.min(1, Math.max(0, left / whole)))}%`;
      const mark = spokenMark(before, left);
      // Moved by another window meanwhile, or on its way: it is counted from there.
      before = left;
      if (mark === null || doing !== null) return;
      const message = mark === 20 ? messages.leftLess : messages.left;
      const unit = mark > 60 ? "minute" : "second";
      say(filled(message, { time: inUnits(mark > 60 ? mark / 60 : mark, unit, lang) }), false);
    },
    busy(said) {
      doing = said;
      for (const act of [stay, leave]) act.setAttribute("aria-disabled", String(said !== null));
      say(said ?? "", said !== null);
    },
    say(said) {
      say(said, true);
    },
    urgent(said) {
      write(alert, said);
    },
    cap() {
      capped(true);
      again.focus();
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      dialog.close();
      if (focused instanceof HTMLElement && focused.isConnected) focused.focus();
    },
  };
}

/** Focus inside a component is seen from outside as focus on the component. */
function deepest(active: Element | null): Element | null {
  let found = active;
  while (found?.shadowRoot?.activeElement) found = found.shadowRoot.activeElement;
  return found;
}
