import { DIALOG_STYLE } from "./dialog-style.ts";
import { element, seam, styled, TELLS } from "./element.ts";

export interface StepUpMessages {
  readonly heading: string;
  readonly text: string;
  readonly goOn: string;
  readonly cancel: string;
  /** While the other window is open. */
  readonly waiting: string;
  readonly notFinished: string;
  readonly unreachable: string;
  readonly done: string;
  readonly cancelled: string;
}

export const STEP_UP_MESSAGES: StepUpMessages = {
  heading: "Show that it is you",
  text: "This needs one more step, in a small window. What you typed stays here.",
  goOn: "Take the step",
  cancel: "Cancel",
  waiting: "Waiting for you in the other window.",
  notFinished: "You did not finish. Try again, or cancel.",
  unreachable: "We could not reach the service. Trying again.",
  done: "Done. Going on.",
  cancelled: "Cancelled. Nothing was done.",
};

export interface StepUpDialog {
  say(text: string, urgent?: boolean): void;
  /** `said` is told to readers of the page after the dialog is gone. */
  close(said: string): void;
}

/**
 * A modal dialog over the page: focus goes to the step, is kept inside, and returns to where it was; Escape cancels.
 * The nodes that speak are there before they say anything, so that screen readers follow them.
 */
export function openDialog(
  address: string,
  messages: StepUpMessages,
  on: { readonly leave: () => void; readonly cancel: () => void },
): StepUpDialog {
  const host = document.createElement("div");
  const shadow = host.attachShadow({ mode: "open" });
  styled(shadow, DIALOG_STYLE);
  const lang = document.documentElement.lang;
  const said = element("p", { class: "said", ...TELLS });
  const urgent = element("p", { class: "said", role: "alert" });
  const after = element("p", { class: "away", ...TELLS });
  const step = element("a", { href: address, target: "_blank", rel: "noopener" }, messages.goOn);
  const cancel = element("button", { type: "button" }, messages.cancel);
  const dialog = element(
    "dialog",
    {
      role: "alertdialog",
      "aria-labelledby": "heading",
      "aria-describedby": "text",
      ...(lang === "" ? {} : { lang }),
    },
    seam(),
    element("h2", { id: "heading" }, messages.heading),
    element("p", { id: "text" }, messages.text),
    element("div", { class: "acts" }, step, cancel),
    said,
    urgent,
  );
  shadow.append(dialog, after);
  document.body.append(host);
  step.addEventListener("click", (event) => {
    on.leave();
    // A small window where the browser opens one; else the link's own new tab.
    if (window.open(address, "postern-step-up", "popup,width=520,height=760") !== null)
      event.preventDefault();
  });
  cancel.addEventListener("click", () => on.cancel());
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    on.cancel();
  });
  dialog.showModal();
  step.focus();
  return {
    say(text, isUrgent = false) {
      said.textContent = isUrgent ? "" : text;
      urgent.textContent = isUrgent ? text : "";
    },
    close(text) {
      dialog.close();
      after.textContent = text;
      setTimeout(() => host.remove(), 3_000);
    },
  };
}
