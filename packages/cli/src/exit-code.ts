/** Stable: scripts switch on it. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  policyDoesNotCompile: 3,
  testsFailed: 4,
  wouldWiden: 5,
  denied: 6,
  timedOut: 7,
  verificationFailed: 8,
  unavailable: 9,
  undecided: 10,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each code means, as help shows it. */
export const EXIT_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.ok, "done"],
  [EXIT.unexpected, "something unexpected (for `can`: no; for `doctor`: a check failed)"],
  [EXIT.usage, "the command was not written as it should be"],
  [EXIT.policyDoesNotCompile, "the policy does not compile"],
  [EXIT.testsFailed, "policy tests failed"],
  [EXIT.wouldWiden, "a simulated policy would widen access"],
  [EXIT.denied, "refused, or decided against"],
  [EXIT.timedOut, "timed out while waiting"],
  [EXIT.verificationFailed, "the ledger does not verify"],
  [EXIT.unavailable, "Postern cannot be reached or cannot answer now"],
  [EXIT.undecided, "a simulation decided nothing, or not all that it was given"],
];
