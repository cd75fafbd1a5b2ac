import type { SessionEnd } from "@postern/core";
import type { Html } from "../html.ts";
import type { Told } from "./told.ts";

/** What limits a sign-in, as its policy names it. */
export interface LimitWords {
  readonly milliseconds: number;
  /** `policy`, `sign-in`, or the source that demands it. */
  readonly setBy: string;
}

/** Where a person is signed in. */
export interface SessionMessages {
  readonly heading: string;
  readonly summary: string;
  /** Where it leads from other pages. */
  readonly open: string;
  readonly here: string;
  readonly elsewhere: string;
  readonly nowhereElse: string;
  /** "Firefox on Linux"; null: neither was seen. */
  readonly browserOn: (browser: string | null, system: string | null) => string | null;
  readonly unknownBrowser: string;
  readonly country: (code: string) => string;
  readonly near: (country: string) => string;
  readonly network: (kind: "machine" | "private" | "public", network: string) => string;
  readonly placeUnknown: string;
  readonly signedIn: string;
  readonly active: string;
  readonly place: string;
  readonly ends: string;
  readonly ended: string;
  /** Both ends, the nearer first. */
  readonly endsByInactivity: (at: Html, limit: string, overall: Html) => Html;
  readonly endsOverall: (at: Html, limit: string) => Html;
  /** In place of the limit, where its person chose a longer one. */
  readonly byChoice: string;
  readonly inactivityLimit: (length: string, setBy: string) => string;
  readonly overallLimit: (length: string, setBy: string) => string;
  readonly setBy: (source: string) => string;
  readonly openings: string;
  readonly noOpenings: string;
  readonly opening: (name: string, until: Html) => Html;
  readonly timeOut: (inactivity: string | null, until: Html) => Html;
  readonly shared: string;
  readonly end: string;
  readonly endOthers: string;
  readonly endOthersNote: string;
  readonly disown: string;
  readonly disownNote: string;
  readonly reach: string;
  readonly over: string;
  readonly overNote: string;
  readonly nothingOver: string;
  readonly endedBy: Readonly<Record<SessionEnd | "unknown", string>>;
  readonly endedAt: (how: string, at: Html) => Html;
  readonly older: string;
  readonly newest: string;
  readonly signedOut: Told;
  readonly signInAgain: string;
  readonly next: {
    readonly heading: string;
    readonly ended: string;
    readonly paused: (count: number) => string;
    readonly now: string;
    readonly secure: string;
    readonly secureElsewhere: string;
    readonly devices: string;
    readonly others: string;
    readonly back: string;
  };
  readonly timeOutPage: TimeOutMessages;
}

export interface TimeOutMessages {
  readonly heading: string;
  readonly open: string;
  readonly summary: string;
  readonly none: string;
  readonly now: (length: string) => string;
  readonly nowNone: string;
  readonly atLatest: (at: Html) => Html;
  readonly chosen: (label: string, until: Html) => Html;
  readonly counts: string;
  readonly ignored: string;
  readonly suspended: string;
  readonly choices: string;
  readonly usual: (length: string | null) => string;
  /** How long without activity; null: until its person signs out. */
  readonly choice: (length: string | null, cap: string) => string;
  readonly chosenNow: string;
  /** Of the usual time, where nothing was chosen. */
  readonly applies: string;
  readonly waits: string;
  readonly turnOn: string;
  /** Of a choice that does not count here: it ends everywhere. */
  readonly endChoice: string;
  readonly choose: string;
  readonly replaces: (label: string) => string;
  readonly overridden: string;
  readonly never: (cap: string) => string;
  readonly sensitive: (thing: string) => string;
  readonly shorter: (thing: string, length: string) => string;
  readonly paused: (thing: string) => string;
  readonly asks: {
    readonly heading: string;
    readonly text: string;
    readonly alone: string;
    readonly others: string;
  };
  readonly alone: string;
  readonly othersToo: string;
  readonly isShared: string;
}
