import type { ControlId, NoticeCause, NoticeKind, ReasonCode } from "@postern/core";
import type { Html } from "../html.ts";
import type { DeviceMessages } from "./device-messages.ts";
import type { AddressMessages } from "./en-address.ts";
import type { ChallengeMessages } from "./en-challenges.ts";
import type { RecoveryMessages } from "./en-recovery.ts";
import type { ParkedFormMessages } from "./parked-form-messages.ts";
import type { SessionMessages } from "./session-messages.ts";
import type { FactorMessages, SignInMessages } from "./sign-in-messages.ts";
import type { Told } from "./told.ts";

export type { Told } from "./told.ts";

/** Whether a person or their organisation did it. */
export type By = "you" | "organisation";

/** Where an opt-out counts. */
export type Where =
  | { readonly kind: "account" }
  | { readonly kind: "this-device"; readonly name: string }
  | { readonly kind: "other-device"; readonly name: string }
  | { readonly kind: "visitors" };

/** Everything that a page says, in one language. A value in a sentence is escaped where it is put in. */
export interface Messages {
  /** BCP 47. */
  readonly locale: string;
  readonly direction: "ltr" | "rtl";
  readonly product: string;
  readonly jumpToContent: string;
  readonly footer: string;
  /** When its reader is signed out by being away (WCAG 2.2, 2.2.6). */
  readonly footerTimeOut: (length: string) => string;
  readonly listAnd: string;
  readonly control: Readonly<Record<ControlId, string>>;
  /** What the control does for a person, where it may be turned off. */
  readonly controlDoes: Readonly<Record<ControlId, string>>;
  /** "Second step for reports". */
  readonly controlFor: (control: ControlId, things: string | null) => string;
  readonly everything: string;
  /** A length in milliseconds: "7 days", "1 hour 30 minutes". */
  readonly length: (milliseconds: number) => string;
  readonly list: {
    readonly title: string;
    readonly summary: (open: number) => string;
    readonly offered: string;
    readonly nothingOffered: string;
    readonly on: (name: string) => Html;
    readonly off: (name: string, where: Where, until: Html) => Html;
    readonly paused: (name: string, where: Where, until: Html) => Html;
    readonly scheduled: (name: string, where: Where, from: Html, until: Html) => Html;
    readonly waitingForYou: (name: string, where: Where, by: Html) => Html;
    readonly waitingForApproval: (name: string, where: Where, left: number, by: Html) => Html;
    readonly suspended: (name: string, where: Where) => Html;
    readonly pausedBecause: (reason: ReasonCode) => string;
    readonly askedBy: Readonly<Record<By, string>>;
    readonly reviewBy: (at: Html) => Html;
    readonly turnOn: string;
    readonly takeBack: string;
    readonly details: string;
    readonly choose: string;
    /** What an offer calls itself. */
    readonly youMay: (title: string) => string;
    readonly answer: string;
    readonly about: (act: string, name: string) => string;
    /** Where something is offered on known devices only, and this is none. */
    readonly otherDevices: string;
    readonly trustDevices: string;
    readonly kept: string;
    readonly keptAlways: readonly string[];
    readonly keptSensitive: (thing: string) => string;
    readonly keptNoOffer: (thing: string) => string;
    readonly keptWhy: string;
    readonly history: string;
    readonly noHistory: string;
    readonly past: Readonly<Record<"expired" | "revoked" | "denied" | "withdrawn" | "lapsed", string>>;
    /** The person's own attempt that was never agreed to. */
    readonly unfinished: string;
    readonly pastRow: (name: string, where: Where, what: string, from: Html, until: Html) => Html;
  };
  readonly disclosure: {
    readonly stops: string;
    readonly protects: string;
    readonly until: string;
    readonly undo: string;
    readonly more: string;
  };
  readonly offer: {
    readonly howLong: string;
    readonly usual: (length: string) => string;
    readonly longest: (length: string) => string;
    readonly where: string;
    readonly whereDevice: (name: string) => string;
    readonly whereAccount: string;
    readonly reason: string;
    readonly reasonNote: string;
    readonly needsApproval: (count: number) => string;
    readonly onlyWatched: string;
    readonly accept: string;
    readonly decline: string;
    readonly changed: Told;
  };
  readonly done: {
    readonly title: string;
    readonly off: (name: string, until: Html) => Html;
    readonly waits: (count: number, by: Html) => Html;
    readonly scheduled: (from: Html) => Html;
    readonly undo: string;
    readonly takeBack: string;
    readonly receipt: string;
    readonly receiptNote: string;
    readonly back: string;
    readonly onTitle: string;
    readonly on: (name: string) => Html;
  };
  readonly one: {
    readonly state: string;
    readonly states: Readonly<
      Record<
        | "pending"
        | "scheduled"
        | "active"
        | "suspended"
        | "expired"
        | "revoked"
        | "denied"
        | "withdrawn"
        | "lapsed",
        string
      >
    >;
    readonly unfinished: string;
    readonly pausedNow: string;
    readonly starts: string;
    readonly ends: string;
    /** Of what ended before its time. */
    readonly wouldEnd: string;
    readonly neverPast: string;
    readonly lookedAtBy: string;
    readonly answerBy: string;
    readonly covers: string;
    readonly where: string;
    readonly used: string;
    readonly uses: (used: number, max: number | null) => string;
    readonly reason: string;
    readonly agreed: string;
    readonly notAgreed: string;
    readonly number: string;
    readonly actions: (actions: readonly string[]) => string;
    readonly renewText: (length: string) => string;
    readonly renew: string;
    readonly renewFull: (at: Html) => Html;
    readonly agreeElsewhere: string;
    readonly consentHeading: string;
  };
  readonly inbox: {
    readonly heading: string;
    readonly summary: (unread: number) => string;
    readonly unread: string;
    readonly earlier: string;
    readonly markRead: string;
    readonly markAll: string;
    /** Where it leads from other pages. */
    readonly open: (unread: number) => string;
    /** The protection of somebody else; null: visitors, or somebody who is gone. */
    readonly ofSomebody: (name: string, holder: string | null) => string;
    readonly title: Readonly<Record<NoticeKind, (name: string, until: string) => string>>;
    readonly text: Readonly<Record<NoticeKind, Readonly<Record<"holder" | "owner", string>>>>;
    readonly because: Readonly<Record<NoticeCause, Readonly<Record<"holder" | "owner", string>>>>;
    /** What happened to an account: when, and from which network, where that is known. */
    readonly recovered: {
      readonly title: () => string;
      readonly text: (at: string, from: string | null) => string;
    };
    /** The last lines of a mail. */
    readonly mailEnd: (url: string) => string;
  };
  readonly where: (where: Where) => string;
  readonly trouble: {
    readonly notFound: Told;
    readonly method: Told;
    readonly tooMany: Told;
    readonly tooLarge: Told;
    readonly formElsewhere: Told;
    readonly formUsed: Told;
    readonly formUnreadable: Told;
    readonly linkSpent: Told;
    readonly linkOtherBrowser: Told;
    readonly linkEnded: Told;
    readonly signInFirst: Told;
    readonly notNow: Told;
    readonly refused: Told;
    readonly unknownDevice: Told;
    readonly untrustedDevice: Told;
    readonly otherDevice: Told;
    readonly freshSignIn: Told;
    readonly tryAgain: string;
    readonly toStart: string;
  };
  readonly signIn: SignInMessages;
  readonly factors: FactorMessages;
  readonly devices: DeviceMessages;
  readonly sessions: SessionMessages;
  readonly challenges: ChallengeMessages;
  readonly address: AddressMessages;
  readonly recovery: RecoveryMessages;
  readonly gateway: {
    readonly challenge: Told;
    readonly stepUp: Told;
    readonly signIn: string;
    readonly confirm: string;
    readonly denied: Told;
    readonly path: Told;
    readonly unavailable: Told;
    readonly slow: Told;
    readonly malformed: Told;
    readonly reference: string;
    readonly home: string;
  };
  readonly parkedForm: ParkedFormMessages;
}
