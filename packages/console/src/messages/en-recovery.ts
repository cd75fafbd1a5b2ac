import { type Html, html } from "../html.ts";
import type { Told } from "./told.ts";

/** What the way back in says to whoever cannot sign in. */
export interface RecoveryMessages {
  /** Where it leads from the page to sign in. */
  readonly open: string;
  readonly heading: string;
  readonly summary: string;
  readonly name: string;
  readonly send: string;
  readonly toSignIn: string;
  readonly mailHeading: string;
  /** The same whether or not anything was sent. */
  readonly sent: string;
  readonly reference: string;
  readonly referenceNote: string;
  readonly code: string;
  readonly codeNote: string;
  readonly check: string;
  readonly again: string;
  readonly nothingCame: string;
  readonly nothingCameText: string;
  readonly secondHeading: string;
  readonly second: (name: string) => Html;
  readonly none: Told;
  readonly enrolHeading: string;
  readonly enrol: (name: string) => Html;
  readonly lost: string;
  readonly lostNote: string;
  readonly ends: string;
  readonly newPassword: string;
  readonly newTotp: string;
  readonly newPasskey: string;
  readonly back: string;
  readonly stop: string;
  readonly stopped: Told;
  readonly over: Told;
  readonly done: Told;
  readonly failed: Readonly<Record<"wrong" | "slowed" | "busy" | "notProved", string>>;
  readonly mail: (code: string, reference: string) => { readonly subject: string; readonly text: string };
}

export const enRecovery: RecoveryMessages = {
  open: "I cannot sign in",
  heading: "Recover your account",
  summary: "Say which account it is. We send a code to the mail address that its owner has confirmed.",
  name: "Name",
  send: "Send a code",
  toSignIn: "Back to sign in",
  mailHeading: "Look at your mail",
  sent: "If there is such an account and its mail address was confirmed, a code is on its way there. It is good for ten minutes, once, and in this browser only.",
  reference: "This request",
  referenceNote:
    "The message names it too. If several came, take the code from the one with the same letters.",
  code: "Code from the message",
  codeNote: "Eight digits. You may paste it.",
  check: "Go on",
  again: "Ask for another code",
  nothingCame: "Nothing came?",
  nothingCameText:
    "It can take a few minutes. Look among unwanted mail. We send only a few codes an hour, and only to a confirmed address: if yours was not, ask an administrator of your organisation.",
  secondHeading: "One more step",
  second: (name) =>
    html`Your account <strong>${name}</strong> is protected by more than one thing. Use one of these that you still have.`,
  none: {
    heading: "Ask your administrator",
    text: "Your account is protected by more than your mail, and there is nothing else here that you could show. An administrator of your organisation can check who you are and let you begin again. Nothing was changed.",
  },
  enrolHeading: "Choose a new way to sign in",
  enrol: (name) => html`Your account is <strong>${name}</strong>. You sign in with the new way afterwards.`,
  lost: "What you no longer have",
  lostNote: "Tick what is lost or stolen. It stops working. The rest stays as it is.",
  ends: "When you save it you are signed out everywhere, and no device is trusted any more. We write to you that this happened.",
  newPassword: "Choose a new password",
  newTotp: "Add a code app",
  newPasskey: "Add a passkey",
  back: "Back",
  stop: "Stop",
  stopped: { heading: "You did not go on", text: "Nothing was changed." },
  over: {
    heading: "Begin again",
    text: "This was open for too long, was tried too often, or is over. Nothing more was changed.",
  },
  done: {
    heading: "Your account is recovered",
    text: "You were signed out everywhere, and no device is trusted any more. Now sign in with what you have just chosen, then make new recovery codes and keep them.",
  },
  failed: {
    wrong: "That does not fit. Check what you typed and try again.",
    slowed: "Too many codes were asked for from here. Wait an hour, then try again.",
    busy: "That does not work right now. Please try again in a moment.",
    notProved: "That does not fit. Check the clock of your device and try again.",
  },
  mail: (code, reference) => ({
    subject: "Your recovery code",
    text: `Your recovery code: ${code}\nRequest: ${reference}\n\nIt is good for ten minutes, once, in the browser that asked for it. Tell it to nobody.\n\nIf you did not ask for it, somebody typed the name of your account. Without this code they get no further: you need do nothing.\n`,
  }),
};
