import type { Decision } from "@postern/core";

/** What a person is told about an answer: what to do next, and nothing of policy. */
export type UserReason =
  | "open"
  | "opted-out"
  | "sign-in"
  | "sign-in-again"
  | "step-up"
  | "ask-for-access"
  | "not-open"
  | "withdrawn";

const SENTENCES: Readonly<Record<UserReason, string>> = {
  open: "You can open this.",
  "opted-out": "You can open this. One of your choices was applied.",
  "sign-in": "Please sign in to open this.",
  "sign-in-again": "You were signed out. Please sign in again to go on.",
  "step-up": "Please confirm that it is you to go on.",
  "ask-for-access": "Please ask for access to open this.",
  "not-open": "This is not open to you.",
  withdrawn: "This account is not in use.",
};

export function userReason(decision: Decision): UserReason {
  switch (decision.outcome) {
    case "permit":
      return "open";
    case "honour":
      return "opted-out";
    case "challenge": {
      const first = decision.unmet.find(({ challenge }) => challenge !== null);
      if (first?.reason === "session_ended") return "sign-in-again";
      switch (first?.challenge?.kind) {
        case "step-up":
          return "step-up";
        case "request-access":
          return "ask-for-access";
        default:
          return "sign-in";
      }
    }
    case "deny":
      return decision.unmet.some(({ reason }) => reason === "account_withdrawn") ? "withdrawn" : "not-open";
    default:
      return decision.outcome satisfies never;
  }
}

export function userSentence(decision: Decision): string {
  return SENTENCES[userReason(decision)];
}
