import type { ControlId, ReasonCode } from "@postern/core";
import { html } from "../html.ts";
import { enAddress } from "./en-address.ts";
import { enChallenges } from "./en-challenges.ts";
import { enDevices } from "./en-devices.ts";
import { enInbox } from "./en-inbox.ts";
import { enParkedForm } from "./en-parked-form.ts";
import { enRecovery } from "./en-recovery.ts";
import { enSessions } from "./en-sessions.ts";
import { enFactors, enSignIn } from "./en-sign-in.ts";
import type { Messages, Where } from "./messages.ts";

const control: Readonly<Record<ControlId, string>> = {
  authentication: "Signing in",
  "step-up": "Second step",
  "session-timeout": "Signing you out when you are away",
  "just-in-time-access": "Asking before special access",
  identity: "Keeping your account",
};

function where(one: Where): string {
  switch (one.kind) {
    case "account":
      return "wherever you sign in";
    case "this-device":
      return `on this device (${one.name})`;
    case "other-device":
      return `on ${one.name}`;
    case "visitors":
      return "for visitors";
    default:
      return one satisfies never;
  }
}

const UNITS = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1000, "second"],
] as const;

function length(milliseconds: number): string {
  const parts: string[] = [];
  let left = milliseconds;
  for (const [size, unit] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${unit}${count === 1 ? "" : "s"}`);
  }
  return parts.length === 0 ? "less than a second" : parts.join(" ");
}

/** Reasons of the node's own doubt share one sentence: what is wrong with it is not for people to solve. */
const WE_ARE_NOT_SURE = "Paused while we check our records. Protection is on until then";

const PAUSED: Partial<Readonly<Record<ReasonCode, string>>> = {
  guardrail_shared_device: "Paused here because this is a shared device",
  guardrail_sensitive: "Paused here because this is too important to leave open",
  guardrail_never_waivable: "Paused here because this can never be turned off",
  guardrail_floor: "Paused because you signed in with too few steps",
  guardrail_delegate: "Paused because someone is acting for you",
  locked: "Paused by your organisation",
  risk_too_high: "Paused because something looks unusual right now",
  risk_unknown: "Paused because we cannot tell how safe this is right now",
  state_not_held: "Paused because your account needs to be checked again",
  condition_false: "Paused because it does not fit right now",
  offer_gone: "Paused because your organisation no longer offers this",
  offer_observed: "Paused because your organisation is only trying this out",
  offer_narrowed: "Paused because your organisation now allows less than you chose",
  inactivity_too_long: "Paused because you were away for longer than it lets pass",
  uses_spent: "Paused because it has been used as often as it may be",
  budget_spent: "Paused because it was used very often. It will work again soon",
  device_not_present: "Counts only on the device that you chose it on",
  device_not_registered: "Paused because this device is no longer known to us",
  review_overdue: "Ended because nobody checked it in time",
  not_started: "Has not started yet",
  expired: "Has ended",
  suspended_in_doubt:
    "We lost some of our records, and cannot be sure that this still went as far as they say. It stays on until someone of your organisation has looked",
  suspended_by_signal: "Paused because we were told of something unusual. It goes on once that is over",
  session_ended: "Paused because you are signed out",
  node_stale: WE_ARE_NOT_SURE,
  clock_distrusted: WE_ARE_NOT_SURE,
  database_stale: WE_ARE_NOT_SURE,
  row_tampered: WE_ARE_NOT_SURE,
  recording_unavailable: WE_ARE_NOT_SURE,
};

export const en: Messages = {
  locale: "en",
  direction: "ltr",
  product: "Your protection",
  jumpToContent: "Go to the content",
  footer: "All times are in UTC. What you change here is recorded.",
  footerTimeOut: (time) => `You will be signed out after ${time} without activity.`,
  listAnd: " and ",
  control,
  controlDoes: {
    authentication: "You are asked to sign in first.",
    "step-up": "You are asked for a code or a key as well.",
    "session-timeout": "You are signed out if you have been away for a while.",
    "just-in-time-access": "Someone has to agree before special access is given.",
    identity: "Your account and its data are kept for you.",
  },
  controlFor: (id, things) => {
    if (things === null) return control[id];
    return `${control[id]} ${id === "session-timeout" ? "from" : "for"} ${things}`;
  },
  everything: "everything here",
  length,
  where,
  list: {
    title: "How you are protected",
    summary: (open) =>
      open === 0
        ? "All of your protections are on."
        : open === 1
          ? "One protection has an opening. It closes by itself when its time is up."
          : `${open} protections have an opening. Each closes by itself when its time is up.`,
    offered: "What you can change",
    nothingOffered: "There is nothing that you can turn off. Everything is on.",
    on: (name) => html`<strong>${name}</strong> — <span class="state-on">on</span>.`,
    off: (name, at, until) =>
      html`<strong>${name}</strong> — <span class="state-off">off ${where(at)} until ${until}</span>.`,
    paused: (name, at, until) =>
      html`<strong>${name}</strong> — <span class="state-on">on for now</span>. The choice to turn it off ${where(at)} lasts until ${until}.`,
    scheduled: (name, at, from, until) =>
      html`<strong>${name}</strong> — <span class="state-on">on</span>. It will be off ${where(at)} from ${from} until ${until}.`,
    waitingForYou: (name, at, by) =>
      html`<strong>${name}</strong> — <span class="state-waiting">on, and waiting for your answer</span>. Someone asked to turn it off ${where(at)}. Answer by ${by}.`,
    waitingForApproval: (name, at, left, by) =>
      html`<strong>${name}</strong> — <span class="state-waiting">on, and waiting for ${left === 1 ? "one person" : `${left} people`} to agree</span>. You asked to turn it off ${where(at)}. They have until ${by}.`,
    suspended: (name, at) =>
      html`<strong>${name}</strong> — <span class="state-on">on</span>. Your choice is paused ${where(at)}.`,
    pausedBecause: (reason) => `${PAUSED[reason] ?? "Paused because it cannot be used right now"}.`,
    askedBy: { you: "Asked for by you", organisation: "Asked for by your organisation" },
    reviewBy: (at) => html`Will be checked again by ${at}`,
    turnOn: "Turn back on",
    takeBack: "Take back the request",
    details: "Details",
    choose: "See what turning it off means",
    youMay: (title) => `You may choose: ${title}.`,
    answer: "Read and answer",
    about: (act, name) => `${act}: ${name}`,
    kept: "What always stays on",
    otherDevices:
      "More may be open to you on a device that your organisation knows. Name it when you sign in, and look here again.",
    trustDevices: "More may be open to you on a device that you trust.",
    keptAlways: [
      "Changing how you sign in, or the address we reach you at, always asks for everything.",
      "Turning a protection off, or making that last longer, always needs you to be signed in.",
    ],
    keptSensitive: (thing) =>
      `${thing}: always asks for everything, because a mistake there is hard to undo.`,
    keptNoOffer: (thing) => `${thing}: your organisation keeps this on for everyone.`,
    keptWhy:
      "These cannot be turned off by anyone. That way a mistake, or someone with your device, can do less harm.",
    history: "History",
    noHistory: "Nothing has been turned off before.",
    past: {
      expired: "ended by itself",
      revoked: "turned back on",
      denied: "not allowed",
      withdrawn: "taken back",
      lapsed: "nobody answered in time",
    },
    unfinished: "stayed on; turning it off was not finished",
    pastRow: (name, at, what, from, until) =>
      html`<strong>${name}</strong> ${where(at)}: ${what}. Asked for on ${from}, to end on ${until}.`,
  },
  disclosure: {
    stops: "What stops",
    protects: "What still protects you",
    until: "Until when",
    undo: "How to undo it",
    more: "More",
  },
  offer: {
    howLong: "For how long?",
    usual: (text) => `For ${text}`,
    longest: (text) => `For ${text}, the longest that is allowed`,
    where: "Where?",
    whereDevice: (name) => `Only on this device (${name})`,
    whereAccount: "Wherever I sign in",
    reason: "Why do you need it? (optional)",
    reasonNote: "The people who decide will read this.",
    needsApproval: (count) =>
      count === 1
        ? "After your answer, one other person has to agree. Until then nothing changes."
        : `After your answer, ${count} other people have to agree. Until then nothing changes.`,
    onlyWatched: "Your organisation is trying this out. It cannot be chosen yet.",
    accept: "Turn it off",
    decline: "Keep it on",
    changed: {
      heading: "The text has changed",
      text: "It was changed while you were reading. Nothing was turned off. Please read the new text first.",
    },
  },
  done: {
    title: "Done",
    off: (name, until) =>
      html`<strong>${name}</strong> is off until ${until}. Then it comes back on by itself.`,
    waits: (count, by) =>
      html`Your answer is recorded. Now ${count === 1 ? "one other person" : `${count} other people`} must agree by ${by}. Until then nothing changes.`,
    scheduled: (from) => html`It starts on ${from}. Until then nothing changes.`,
    undo: "Changed your mind? One press turns it back on. Nobody will ask you why.",
    takeBack: "Changed your mind? One press takes it back. Nobody will ask you why.",
    receipt: "Download the receipt",
    receiptNote:
      "The receipt proves that this was written in the ledger, whatever we say later. You can keep it.",
    back: "Back to your protection",
    onTitle: "Protection is on",
    on: (name) => html`<strong>${name}</strong> is on again.`,
  },
  one: {
    state: "Now",
    states: {
      pending: "Waiting",
      scheduled: "Starts later",
      active: "Off",
      suspended: "Paused",
      expired: "Ended by itself; protection is on",
      revoked: "Turned back on",
      denied: "Not allowed; protection is on",
      withdrawn: "Taken back; protection is on",
      lapsed: "Nobody answered in time; protection is on",
    },
    unfinished: "Stayed on",
    pausedNow: "On for now",
    starts: "Starts",
    ends: "Ends",
    wouldEnd: "Would have ended",
    neverPast: "Never later than",
    lookedAtBy: "Checked again by",
    answerBy: "Answer by",
    covers: "Covers",
    where: "Where",
    used: "Used",
    uses: (used, max) => {
      const times = used === 0 ? "never" : used === 1 ? "once" : `${used} times`;
      return max === null ? times : `${times}, of ${max} at most`;
    },
    reason: "Reason given",
    agreed: "You agreed",
    notAgreed: "Not yet",
    number: "Number",
    actions: (actions) => actions.join(", "),
    renewText: (text) => `This starts another ${text}, counted from now. Please read the text again first.`,
    renew: "Keep it off longer",
    renewFull: (at) => html`It cannot be made longer: ${at} is the last day that is allowed.`,
    agreeElsewhere: "You can agree only on that device. Open this page there.",
    consentHeading: "Someone asked to turn this off for you",
  },
  inbox: enInbox,
  trouble: {
    notFound: { heading: "There is no such page", text: "Nothing that you may see is at this address." },
    method: { heading: "That does not work here", text: "Open the page again and use its buttons." },
    tooMany: {
      heading: "That was too often",
      text: "More was asked for from your network than we take in a minute. Wait a minute, then try again.",
    },
    tooLarge: { heading: "That was too much", text: "The form you sent is too long. Nothing was changed." },
    formElsewhere: {
      heading: "Nothing was changed",
      text: "The form did not come from this page. If you did want to change something, open the page and try again.",
    },
    formUsed: {
      heading: "Nothing more was changed",
      text: "That form was sent before, or it is too old. Open the page again to see how things are now.",
    },
    formUnreadable: {
      heading: "Nothing was changed",
      text: "We could not read the form. Open the page and try again.",
    },
    linkSpent: {
      heading: "This link no longer works",
      text: "It works once, and only for a minute. Open the page again to get a new one.",
    },
    linkOtherBrowser: {
      heading: "This link is for another browser",
      text: "Open your protection page in the browser that you signed in with.",
    },
    linkEnded: { heading: "You are signed out", text: "Sign in again, and then open this page again." },
    signInFirst: {
      heading: "Please sign in first",
      text: "Sign in to the application. Then open this page again.",
    },
    notNow: {
      heading: "That does not work right now",
      text: "We could not write it down, so nothing was changed. Your protections are on. Please try again in a moment.",
    },
    refused: { heading: "That was not possible", text: "Nothing was changed." },
    untrustedDevice: {
      heading: "Trust this device first",
      text: "This can only be chosen on a device that you trust. Nothing was changed.",
    },
    unknownDevice: {
      heading: "Not on this device",
      text: "This can only be chosen on a device that your organisation knows. Nothing was changed.",
    },
    otherDevice: {
      heading: "Please use the other device",
      text: "This is about another device. Open this page there to answer. Nothing was changed.",
    },
    freshSignIn: {
      heading: "First show that it is you",
      text: "Turning a protection off needs one more step, so that nobody else can do it for you. After it you come back to this page. Nothing was changed.",
    },
    tryAgain: "Try again",
    toStart: "Go to your protection",
  },
  signIn: enSignIn,
  factors: enFactors,
  devices: enDevices,
  sessions: enSessions,
  challenges: enChallenges,
  address: enAddress,
  recovery: enRecovery,
  gateway: {
    challenge: { heading: "Please sign in", text: "You need to sign in to see this page." },
    stepUp: {
      heading: "One more step",
      text: "This needs one more step, so that we know it is you. What you typed is still on the page before.",
    },
    signIn: "Sign in",
    confirm: "Take the step",
    denied: {
      heading: "This is not open to you",
      text: "If you think that it should be, ask the people who run this application. Tell them the number below.",
    },
    path: {
      heading: "This address cannot be read",
      text: "It could mean more than one page, so we did not open it. Check the address, or begin at the start page.",
    },
    unavailable: {
      heading: "The application does not answer",
      text: "It may be starting up. Please try again in a moment.",
    },
    slow: {
      heading: "The application takes too long",
      text: "It did not answer in time. Please try again in a moment.",
    },
    malformed: {
      heading: "We could not read that",
      text: "Your browser sent something that we could not read. Nothing was done.",
    },
    reference: "Number",
    home: "Go to the start page",
  },
  parkedForm: enParkedForm,
};
