import type { Dice } from "../crash/seeded.ts";

/** What is run against a revocation, or against the end that a session was given. */
export const RACES = [
  "refresh against revoke",
  "late cache fill",
  "extend against revoke",
  "extend against the end",
  "restart in the middle",
] as const;
export type Race = (typeof RACES)[number];

/** One request with something that stands for a session; whether it was let in. */
export interface Use {
  readonly by: string;
  /** A newer one stands in its place: it need not be let in even while the session lives. */
  readonly replaced?: boolean;
  readonly send: () => Promise<boolean>;
}

/** A session of somebody new, at a server that is raced. */
export interface RacedSession {
  /** All that stands for it by now, whoever was given it. */
  readonly uses: () => readonly Use[];
  /** What goes on while it is ended. */
  readonly meanwhile: readonly Use[];
  /** Answers with the acknowledgement. */
  readonly revoke: () => Promise<void>;
  /** What of its bounds was overstepped, in words; asked when all is over. */
  readonly overstepped?: () => readonly string[];
}

/** A server that keeps sessions. */
export interface Contestant {
  readonly name: string;
  begin(race: Race, dice: Dice): Promise<RacedSession>;
  /** What is under way is held at its points from now on, as drawn; null: nothing is. */
  hold(dice: Dice | null): Promise<void>;
  /** Ends it by SIGKILL, or in order, and starts it again on the same data. */
  restart?(how: "killed" | "stopped"): Promise<void>;
  stop(): Promise<void>;
}
