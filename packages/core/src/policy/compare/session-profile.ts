import type { Policy } from "../revision.ts";
import { compareLimit, textOfLength, type Verdict } from "./change.ts";
import type { Notes } from "./protection.ts";

export function compareSessionProfiles(from: Policy, to: Policy, notes: Notes): void {
  for (const [name, old] of from.sessionProfiles) {
    // A profile that is still referred to cannot be gone: that does not compile.
    if (!to.sessionProfiles.has(name)) notes("SessionProfile", name)("neutral", null, name, null, old.at);
  }
  for (const [name, profile] of to.sessionProfiles) {
    const note = notes("SessionProfile", name);
    const old = from.sessionProfiles.get(name);
    if (old === undefined) {
      note("neutral", null, null, name, profile.at);
      continue;
    }
    const say = (verdict: Verdict, field: string, a: string | null, b: string | null): void => {
      if (verdict !== undefined) note(verdict, field, a, b, profile.at);
    };
    const text = (count: number | null): string | null => (count === null ? null : String(count));
    for (const field of ["overall", "inactivity", "deviceTrust"] as const) {
      const [a, b] = [old[field], profile[field]];
      say(compareLimit(a, b), field, textOfLength(a), textOfLength(b));
    }
    const [a, b] = [old.extensions, profile.extensions];
    say(compareLimit(a, b), "extensions", text(a), text(b));
    if (old.warnBefore !== profile.warnBefore) {
      say("neutral", "warnBefore", textOfLength(old.warnBefore), textOfLength(profile.warnBefore));
    }
    if (old.owner !== profile.owner) say("neutral", "owner", old.owner, profile.owner);
  }
}
