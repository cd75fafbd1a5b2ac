import { html } from "../html.ts";
import type { SessionMessages } from "./session-messages.ts";

let regions: Intl.DisplayNames | null = null;

function country(code: string): string {
  regions ??= new Intl.DisplayNames(["en"], { type: "region" });
  return regions.of(code) ?? code;
}

export const enSessions: SessionMessages = {
  heading: "Where you are signed in",
  summary:
    "Each row is one browser or app that can act for you. If you do not know one of them, say so here.",
  open: "Where you are signed in",
  here: "This browser",
  elsewhere: "Other places",
  nowhereElse: "You are signed in nowhere else.",
  browserOn: (browser, system) =>
    browser === null ? system : system === null ? browser : `${browser} on ${system}`,
  unknownBrowser: "A browser or app that did not say what it is",
  country,
  near: (name) => `${name} (from the network, may be wrong)`,
  network: (kind, network) => {
    switch (kind) {
      case "machine":
        return "The machine that this runs on";
      case "private":
        return `A private network (${network})`;
      case "public":
        return `The network ${network}`;
      default:
        return kind satisfies never;
    }
  },
  placeUnknown: "Not known",
  signedIn: "Signed in",
  active: "Last active",
  place: "Where",
  ends: "Ends",
  ended: "Ended",
  endsByInactivity: (at, limit, overall) =>
    html`${at} if nobody uses it (${limit}), at the latest ${overall}`,
  endsOverall: (at, limit) => html`${at} (${limit})`,
  byChoice: "by your choice",
  inactivityLimit: (length, setBy) => `${length} without activity, ${setBy}`,
  overallLimit: (length, setBy) => `${length} after signing in, ${setBy}`,
  setBy: (source) =>
    source === "policy"
      ? "set by your organisation"
      : source === "sign-in"
        ? "set when you signed in"
        : `as ${source} asks`,
  openings: "Turned off there",
  noOpenings: "Nothing; all of your protections are on",
  opening: (name, until) => html`${name}, until ${until}`,
  timeOut: (inactivity, until) =>
    inactivity === null
      ? html`You stay signed in while you are away, by your choice until ${until}`
      : html`You may be away for ${inactivity}, by your choice until ${until}`,
  shared: "Others use this browser too, so nothing is turned off here",
  end: "Sign out",
  endOthers: "Sign out everywhere else",
  endOthersNote: "This browser stays signed in.",
  disown: "I do not recognise this",
  disownNote:
    "It is signed out, and everything that you had turned off comes back on until you choose again.",
  reach:
    "Signing out counts at once, in every window and in every service that asks us. A page that is open there may stay on the screen until somebody uses it.",
  over: "Earlier sign-ins",
  overNote: "Where you were signed in, and how it ended.",
  nothingOver: "Nothing has ended yet.",
  endedBy: {
    person: "You signed it out",
    unrecognised: "You did not recognise it",
    operator: "Your organisation ended it",
    application: "The application signed you out",
    concurrency: "It made room for a newer one",
    upstream: "The place where you sign in ended it",
    signal: "We were told of something unusual",
    recovery: "You got your account back, and everything else was signed out",
    "lost-tail": "We lost some of our records, and ended what we were not sure of",
    inactivity: "Nobody used it for too long",
    overall: "Its time was up",
    unknown: "It has ended",
  },
  endedAt: (how, at) => html`${how}, ${at}`,
  older: "Show older ones",
  newest: "Show the newest",
  signedOut: {
    heading: "You are signed out",
    text: "This browser cannot act for you any more. You can close this page.",
  },
  signInAgain: "Sign in",
  next: {
    heading: "It is signed out",
    ended: "Whoever was there cannot act for you from there any more.",
    paused: (count) =>
      count === 0
        ? "Nothing of yours is turned off. All of your protections are on."
        : count === 1
          ? "One thing that you had turned off is on again, so that nobody can make use of it."
          : `${count} things that you had turned off are on again, so that nobody can make use of them.`,
    now: "What to do now",
    secure: "Change your password, and look through the ways in which you sign in",
    secureElsewhere: "Change your password in the application that you sign in to.",
    devices: "Look through the devices that you trust",
    others: "Look through the other places where you are signed in",
    back: "What is paused stays on until you press “Keep it on” beside it in your protection, and choose it again. Your organisation can let it go on, too. Wait with that until you are sure that only you can get in.",
  },
  timeOutPage: {
    heading: "Signing you out when you are away",
    open: "Choose how long",
    summary: "If you leave and forget to sign out, this keeps others from using what you left open.",
    none: "Your organisation offers no other choice.",
    now: (length) => `In this browser you are signed out after ${length} without activity.`,
    nowNone: "In this browser you are not signed out when you are away.",
    atLatest: (at) => html`At the latest you are signed out on ${at}, whatever you choose.`,
    chosen: (label, until) => html`You chose: <strong>${label}</strong>, until ${until}.`,
    counts: "It counts in this browser.",
    ignored: "It does not count in this browser now.",
    suspended: "It is paused, and counts nowhere. Choose again, or ask your organisation to let it go on.",
    choices: "Your choice",
    usual: (length) => (length === null ? "As usual" : `As usual: after ${length} without activity`),
    choice: (length, cap) =>
      length === null ? `Until I sign out, at most ${cap}` : `After ${length} without activity`,
    chosenNow: "chosen",
    applies: "applies now",
    waits: "waiting for someone to agree",
    turnOn: "Turn back on",
    endChoice: "End this choice",
    choose: "See what this means",
    replaces: (label) =>
      `This takes the place of your choice “${label}”, which ends in the same moment. If it does not work, nothing changes.`,
    overridden: "Where your choice does not count",
    never: (cap) => `You are signed out ${cap} after signing in at the latest.`,
    sensitive: (thing) => `${thing}: you are asked to show again that it is you.`,
    shorter: (thing, length) => `${thing}: after ${length} without activity.`,
    paused: (thing) => `${thing}:`,
    asks: {
      heading: "Do others use this browser too?",
      text: "A longer time counts only in a browser that nobody else uses. We do not know yet about this one. “Others use it too” cannot be taken back here until you sign in again.",
      alone: "Only I use it",
      others: "Others use it too",
    },
    alone:
      "You said that only you use this browser. If others do too, say so. You cannot take that back here until you sign in again.",
    othersToo: "Others use it too",
    isShared:
      "You, or your organisation, said that others use this browser too. A longer time does not count here. If that is wrong, sign out and in again, or ask your organisation.",
  },
};
