import { type Change, fates, type Instant, isLive, type OptOut } from "@postern/core";
import type { State } from "../projection/state.ts";
import type { Slices } from "../search/slices.ts";
import type { ActivePolicy } from "./active-policy.ts";
import type { FateGroup, FateReport } from "./simulation-views.ts";

const FATES_TOLD = 50;
const EXAMPLES = 5;

/** What a candidate does to the opt-outs that live now. `wider`: from the comparison of the two. */
export async function fateOfAll(from: {
  readonly base: ActivePolicy;
  readonly candidate: ActivePolicy;
  readonly wider: readonly Change[];
  readonly state: Pick<State, "optOuts">;
  readonly latest: Instant;
  readonly cut: Slices;
  readonly gone: () => boolean;
}): Promise<FateReport> {
  const { base, candidate, latest, cut } = from;
  const fateOf = fates(base.policy, candidate.policy, from.wider, latest);
  const counts = { live: 0, ends: 0, "no-longer-matches": 0, "reaches-more": 0 };
  const groups = new Map<string, FateGroup & { optOuts: number; readonly examples: string[] }>();
  for (const optOut of from.state.optOuts.all()) {
    if (from.gone()) break;
    const rest = cut.next();
    if (rest !== null) await rest;
    if (!grants(optOut, latest)) continue;
    counts.live += 1;
    const { fate, reason, wider } = fateOf(optOut);
    if (fate === "same") continue;
    counts[fate] += 1;
    const key = `${fate} ${optOut.offer} ${reason} ${wider.join()}`;
    let group = groups.get(key);
    if (group === undefined) {
      group = { fate, offer: optOut.offer, reason, wider, optOuts: 0, examples: [] };
      groups.set(key, group);
    }
    group.optOuts += 1;
    if (group.examples.length < EXAMPLES) group.examples.push(optOut.id);
  }
  return {
    live: counts.live,
    ends: counts.ends,
    noLongerMatch: counts["no-longer-matches"],
    reachMore: counts["reaches-more"],
    groups: [...groups.values()].sort(widestFirst).slice(0, FATES_TOLD),
  };
}

function grants(optOut: OptOut, now: Instant): boolean {
  return optOut.grantedAt !== null && isLive(optOut, now);
}

const ORDER: Readonly<Record<FateGroup["fate"], number>> = {
  "reaches-more": 0,
  ends: 1,
  "no-longer-matches": 2,
};

function widestFirst(a: FateGroup, b: FateGroup): number {
  return ORDER[a.fate] - ORDER[b.fate] || b.optOuts - a.optOuts;
}
