/** In braces stands what is put in: `{time}` a length, `{at}` an instant, `{title}` the page's own title. */
export interface SessionMessages {
  /** The language of these messages: lengths and instants are written in it. */
  readonly lang: string;
  readonly heading: string;
  readonly text: string;
  /** Added where what was typed outlives the session. */
  readonly saved: string;
  readonly stay: string;
  readonly leave: string;
  readonly staying: string;
  readonly stayed: string;
  readonly leaving: string;
  readonly unreachable: string;
  /** Spoken while the time runs. */
  readonly left: string;
  readonly leftLess: string;
  /** No extension is left, or none is allowed. */
  readonly capped: string;
  readonly again: string;
  readonly waiting: string;
  readonly banner: string;
  readonly bannerLabel: string;
  readonly bannerClose: string;
  readonly endedHeading: string;
  readonly endedByInactivity: string;
  readonly endedByOverall: string;
  readonly endedByPerson: string;
  readonly endedByOther: string;
  readonly kept: string;
  readonly signIn: string;
  /** The time is over, and the service cannot be reached. */
  readonly askingHeading: string;
  readonly askingText: string;
  readonly titleLeft: string;
  readonly titleEnded: string;
}

export const SESSION_MESSAGES: SessionMessages = {
  lang: "en",
  heading: "You're about to be signed out",
  text: "For your security we will sign you out in {time}.",
  saved: "What you have typed is saved.",
  stay: "Stay signed in",
  leave: "Sign out now",
  staying: "Keeping you signed in…",
  leaving: "Signing you out…",
  stayed: "You are still signed in.",
  unreachable: "We could not reach the service. Trying again.",
  left: "You will be signed out in {time}.",
  leftLess: "You will be signed out in less than {time}.",
  capped: "You cannot stay any longer without signing in again.",
  again: "Save and sign in again",
  waiting: "Waiting for you in the other window.",
  banner: "You will be signed out at {at}, and asked to sign in again.",
  bannerLabel: "End of your session",
  bannerClose: "Close",
  endedHeading: "You have been signed out",
  endedByInactivity: "For your security: nothing was done here for a while.",
  endedByOverall: "You were signed in for as long as is allowed.",
  endedByPerson: "You signed out.",
  endedByOther: "Your sign-in here was ended from somewhere else.",
  kept: "What you had typed is kept until {at}.",
  signIn: "Sign in",
  askingHeading: "Are you still signed in?",
  askingText: "We cannot reach the service to ask. Trying again.",
  titleLeft: "⏳ {time} left – {title}",
  titleEnded: "Signed out – {title}",
};
