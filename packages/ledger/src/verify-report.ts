/** The questions an export is put to, in the order in which they are answered. */
export const checkNames = [
  "format",
  "keys",
  "order",
  "leaves",
  "canonical",
  "checkpoints",
  "root",
  "held",
  "cosignatures",
  "reveals",
] as const;

export type CheckName = (typeof checkNames)[number];

export interface Check {
  readonly check: CheckName;
  readonly ok: boolean;
  /** A sentence fit to be read aloud. */
  readonly detail: string;
}

/** Why an export is refused. */
export type FailureReason =
  | "malformed"
  | "untrusted_key"
  | "missing"
  | "reordered"
  | "tail_cut"
  | "entry_changed"
  | "leaf_hash_changed"
  | "not_canonical"
  | "bad_checkpoint"
  | "not_signed"
  | "rewritten"
  | "forked"
  | "stale"
  | "not_tied"
  | "not_cosigned"
  | "reveal_mismatch";

export interface Failure {
  readonly check: CheckName;
  readonly reason: FailureReason;
  /** First entry that may be bad. */
  readonly index: number;
  /** Last entry that may be the first bad one, where only bounds are known. */
  readonly through?: number;
  readonly detail: string;
}

export interface ExportReport {
  readonly ok: boolean;
  readonly checks: readonly Check[];
  /** The failure that names the earliest and most exact entry; absent when all checks hold. */
  readonly firstBad?: Omit<Failure, "check">;
}

/** A number as it is read aloud: `1,204`. */
export function grouped(value: number | bigint): string {
  return `${value}`.replaceAll(/\B(?=(?:[0-9]{3})+$)/g, ",");
}

/** Seconds since 1970 as a day and a time: `2026-11-22 09:30:05 UTC`; beyond what a calendar holds, the number. */
export function utcTime(seconds: bigint): string {
  if (seconds < 0n || seconds > 253_402_300_799n) return `second ${grouped(seconds)} since 1970`;
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** `1 entry`, `1,204 entries`. */
export function counted(value: number | bigint, one: string, many: string): string {
  return `${grouped(value)} ${value === 1 || value === 1n ? one : many}`;
}

/** `entry 6`, `entries 6 to 9`. */
export function span(from: number, through: number): string {
  return from >= through ? `entry ${grouped(from)}` : `entries ${grouped(from)} to ${grouped(through)}`;
}

/** Exact places come before bounds, earlier ones before later ones. */
export function firstFailure(failures: readonly Failure[]): Failure | undefined {
  const exact = failures.filter((failure) => failure.through === undefined);
  const pool = exact.length > 0 ? exact : failures;
  return pool.toSorted((left, right) => left.index - right.index)[0];
}
