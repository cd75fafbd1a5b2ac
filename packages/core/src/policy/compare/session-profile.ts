import { ownLimits } from "../../decision/session-limits.ts";
import type { Limit } from "../../session/timeouts.ts";
import type { Policy } from "../revision.ts";
import { compareLimit, textOfLength, textOfRule, type Verdict } from "./change.ts";
import type { Notes } from "./protection.ts";

export function compareSessionProfiles(from: Policy, to: Policy, notes: Notes): void {
  compareOwnLimits(from, to, notes);
  for (const [name, old] of from.sessionProfiles) {
    if (to.sessionProfiles.has(name)) continue;
    // One that a Protection names cannot be gone: that does not compile. One that none names limited every session.
    const verdict = isGeneral(from, name) ? "wider" : "neutral";
    notes("SessionProfile", name)(verdict, null, name, null, old.at);
  }
  for (const [name, profile] of to.sessionProfiles) {
    const note = notes("SessionProfile", name);
    const old = from.sessionProfiles.get(name);
    if (old === undefined) {
      // A Protection that names it is said of itself; see `compareProtection`.
      note(isGeneral(to, name) ? "narrower" : "neutral", null, null, name, profile.at);
      continue;
    }
    const say = (verdict: Verdict, field: string, a: string | null, b: string | null): void => {
      if (verdict !== undefined) note(verdict, field, a, b, profile.at);
    };
    const text = (count: number | null): string | null => (count === null ? null : String(count));
    for (const field of ["overall", "inactivity", "deviceTrust", "rotate"] as const) {
      const [a, b] = [old[field], profile[field]];
      say(compareLimit(a, b), field, textOfLength(a), textOfLength(b));
    }
    if (isGeneral(from, name) !== isGeneral(to, name))
      say("wider", "general", String(isGeneral(from, name)), String(isGeneral(to, name)));
    for (const field of ["extensions", "concurrent"] as const) {
      const [a, b] = [old[field], profile[field]];
      say(compareLimit(a, b), field, text(a), text(b));
    }
    const whens = [textOfRule(old.when), textOfRule(profile.when)] as const;
    if (whens[0] !== whens[1]) say(whens[1] === null ? "narrower" : "wider", "when", ...whens);
    if (old.warnBefore !== profile.warnBefore) {
      say("neutral", "warnBefore", textOfLength(old.warnBefore), textOfLength(profile.warnBefore));
    }
    if (old.owner !== profile.owner) say("neutral", "owner", old.owner, profile.owner);
  }
}

function isGeneral({ generalProfiles }: Policy, name: string): boolean {
  return generalProfiles.some((one) => one.name === name);
}

/**
 * What ends a session wherever it is used follows from all profiles together: one that is added may take the place of a
 * shorter one, and one that loses its condition may be the most generous.
 */
function compareOwnLimits(from: Policy, to: Policy, notes: Notes): void {
  const [old, limits] = [ownLimits(from, {}), ownLimits(to, {})];
  for (const field of ["overall", "inactivity"] as const) {
    const [a, b] = [old[field], limits[field]];
    if (compareLimit(a?.length ?? null, b?.length ?? null) !== "wider") continue;
    const profile = to.sessionProfiles.get(b?.profile ?? "") ?? from.sessionProfiles.get(a?.profile ?? "");
    if (profile === undefined) continue;
    const text = (limit: Limit | null): string | null => textOfLength(limit?.length ?? null);
    notes("SessionProfile", profile.name)("wider", `own.${field}`, text(a), text(b), profile.at);
  }
}
