/** Of both local clocks at one moment, in milliseconds. */
export interface Reading {
  readonly wall: number;
  readonly steady: number;
}

export interface Anchor {
  /** What the server's clock said at `at`. */
  readonly server: number;
  readonly at: Reading;
}

export function reading(): Reading {
  return { wall: Date.now(), steady: performance.now() };
}

/** The larger of both: the steady clock stands still while a machine sleeps, the wall clock may be set back. */
export function elapsed(from: Reading, to: Reading = reading()): number {
  return Math.max(to.wall - from.wall, to.steady - from.steady);
}

/** The server read its clock at about half the round trip, counted back from the answer. */
export function anchored(server: number, began: Reading, answered: Reading): Anchor {
  const half = (answered.steady - began.steady) / 2;
  return { server, at: { wall: answered.wall - half, steady: answered.steady - half } };
}

export function serverNow({ server, at }: Anchor): number {
  return server + elapsed(at);
}
