/** What must hold, whatever fails. Each is counted whenever it is looked at. */
export const INVARIANTS = [
  "no false permit",
  "no false honour",
  "no false refusal",
  "recorded first",
  "revoked stays revoked",
  "no acknowledged write lost",
  "one entry per change",
  "cascade complete",
  "expiry is arithmetic",
  "uses never overspent",
  "nothing honoured past the lease",
  "nothing honoured in doubt",
  "no honour after in effect",
  "no self-approval",
  "a lock beats every opt-out",
  "time never goes back",
  "entries carry the store's time",
  "an old epoch appends nothing",
  "readers see each entry once and in order",
  "nodes converge",
  "an honest use succeeds",
] as const;
export type Invariant = (typeof INVARIANTS)[number];

export class Violation extends Error {
  override readonly name: string = "Violation";
  readonly invariant: Invariant;
  constructor(invariant: Invariant, detail: string) {
    super(`${invariant}: ${detail}`);
    this.invariant = invariant;
  }
}

export type Counts<Name extends string> = Map<Name, number>;

export interface Invariants {
  /** Counts a look, and remembers the first violation; it is thrown at the end of the step. */
  check(invariant: Invariant, holds: boolean, detail: () => string): void;
  readonly counts: Counts<Invariant>;
  /** Throws the first violation that was seen. */
  settle(): void;
}

export function invariants(): Invariants {
  const counts: Counts<Invariant> = new Map(INVARIANTS.map((name) => [name, 0]));
  let first: Violation | null = null;
  return {
    counts,
    check(invariant, holds, detail) {
      counts.set(invariant, (counts.get(invariant) ?? 0) + 1);
      if (!holds) first ??= new Violation(invariant, detail());
    },
    settle() {
      if (first !== null) throw first;
    },
  };
}

/** What can go wrong in the world. Each is counted when it strikes, not when it is planned. */
export const FAULTS = [
  "clock: jump",
  "clock: drift",
  "clock: freeze",
  "clock: sleep",
  "clock: the store's clock jumps",
  "network: request dropped",
  "network: answer dropped",
  "network: request duplicated",
  "network: reordered",
  "network: partition, node to store",
  "network: partition, store to node",
  "network: call to the store lost",
  "network: answer of the store lost",
  "network: wake-up dropped",
  "network: wake-up duplicated",
  "disk: full",
  "disk: error on sync",
  "disk: torn tail",
  "store: answer lost after commit",
  "store: serialisation failure",
  "store: lost race",
  "store: fail-over",
  "store: fail-over with lost tail",
  "store: row tampered",
  "node: killed",
  "node: left",
  "node: joined",
] as const;
export type Fault = (typeof FAULTS)[number];
