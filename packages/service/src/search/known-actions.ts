import type { Policy } from "@postern/core";

const known = new WeakMap<Policy, readonly string[]>();

/** Every action that a policy names, sorted. A Protection of every action names none. */
export function knownActions(policy: Policy): readonly string[] {
  const found = known.get(policy);
  if (found !== undefined) return found;
  const names = new Set<string>();
  for (const { actions, as } of policy.protections) {
    for (const action of actions ?? []) names.add(action);
    if (as !== null && as.action !== null) names.add(as.action);
  }
  for (const { scope } of policy.offers.values()) for (const action of scope.actions) names.add(action);
  const sorted = [...names].sort();
  known.set(policy, sorted);
  return sorted;
}
