import { type FactorUse, factorStands, type Instant, type SubjectRef } from "@postern/core";
import type { State } from "../projection/state.ts";

/** Whether a proof is still good when it is recorded: of this very person, and good once, on all nodes together. */
export function usable(now: State, subject: SubjectRef, use: FactorUse, at: Instant): boolean {
  const factor = now.factor(use.factor);
  if (factor === undefined || factor.subject !== subject || !factorStands(factor, at)) return false;
  switch (factor.kind) {
    case "totp":
      return use.counter > factor.counter;
    case "recovery-code":
      return use.spends !== null && !factor.spent.includes(use.spends);
    case "passkey":
      // Many passkeys do not count: their challenge alone is what is good once.
      return use.counter > factor.counter || (use.counter === 0 && factor.counter === 0);
    case "password":
    // The answer that carried it was good once.
    case "upstream":
      return true;
    case "invitation":
      return false;
    default:
      return factor.kind satisfies never;
  }
}
