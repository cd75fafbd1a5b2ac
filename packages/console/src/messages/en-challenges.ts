import type { Html } from "../html.ts";
import { html } from "../html.ts";
import type { Told } from "./told.ts";

/** What the page says on which people look back at the steps that they were asked for. */
export interface ChallengeMessages {
  readonly heading: string;
  /** Where it leads from other pages. */
  readonly open: string;
  readonly summary: string;
  readonly nothing: string;
  /** When, and for what; null: what a person would not know by a name. */
  readonly asked: (at: Html, thing: string | null) => Html;
  readonly needed: string;
  readonly unneeded: string;
  readonly notMe: string;
  readonly saidUnneeded: string;
  readonly saidNotMe: string;
  /** Where too little was proved to say that it was oneself. */
  readonly confirmFirst: string;
  readonly confirm: string;
  readonly notMePage: Told;
  readonly signOutElsewhere: string;
  readonly lookAtFactors: string;
  readonly back: string;
  readonly signedOut: Told;
}

export const enChallenges: ChallengeMessages = {
  heading: "When we asked you for more",
  open: "When we asked you for more",
  summary:
    "These are the last times, within seven days. Tell us whether it was needed: it helps us to ask less often. By itself it changes nothing.",
  nothing: "Within the last seven days we asked you for nothing more than signing in.",
  asked: (at, thing) =>
    html`We asked you for a second step on ${at}${thing !== null && html`, for ${thing}`}.`,
  needed: "Was this needed?",
  unneeded: "It was me, not needed",
  notMe: "It was not me",
  saidUnneeded: "You said that it was you, and not needed.",
  saidNotMe: "You said that it was not you.",
  confirmFirst: "To say that it was you, take that step first.",
  confirm: "Take the step now",
  notMePage: {
    heading: "Thank you for telling us",
    text: "Somebody else may know how you sign in. We stopped them at the second step. Sign out everywhere else now, and then change your password.",
  },
  signOutElsewhere: "Sign out everywhere else",
  lookAtFactors: "Change how you sign in",
  back: "Not now",
  signedOut: {
    heading: "You are signed out everywhere else",
    text: "Only this browser is still signed in.",
  },
};
