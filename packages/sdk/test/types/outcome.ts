import { createClient, createGuard, type GuardDecision } from "@postern/sdk";

const client = createClient({ url: "http://localhost:4600" });
const settings = { client, app: "billing", subject: () => null };

createGuard({ ...settings, onUnavailable: "enforce" });
createGuard({ ...settings, onUnavailable: "deny" });
// @ts-expect-error: there is no way to let through while Postern cannot be asked
createGuard({ ...settings, onUnavailable: "allow" });
// @ts-expect-error: nor to permit
createGuard({ ...settings, onUnavailable: "permit" });
// @ts-expect-error: nor to leave it open what happens then
createGuard(settings);

export function answered(decision: GuardDecision): string {
  switch (decision.outcome) {
    case "permit":
      return decision.outcome;
    case "honour":
      return decision.waived.map(({ optOut }) => optOut).join();
    case "challenge":
      return decision.acrValues ?? decision.message;
    case "deny":
      return decision.message;
    default:
      return decision satisfies never;
  }
}

export function missesOne(decision: GuardDecision): string {
  switch (decision.outcome) {
    case "permit":
    case "honour":
    case "challenge":
      return "seen";
    default:
      // @ts-expect-error: a denial is left over
      return decision satisfies never;
  }
}

// @ts-expect-error: what is let through was decided by Postern
export const stale: GuardDecision = { outcome: "permit", decisionId: null, stale: true };

const typed = createGuard({ ...settings, actions: ["payout.create", "report.read"], onUnavailable: "deny" });
typed.decide(undefined, { action: "payout.create", resource: "/payouts" });
// @ts-expect-error: a typing error in an action is a compile error
typed.decide(undefined, { action: "payout.crate", resource: "/payouts" });
