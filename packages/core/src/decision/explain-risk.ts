import type { Policy, Position } from "../policy/revision.ts";
import type { Assessment } from "../risk/assessment.ts";

export interface ExplainedFactor {
  readonly name: string;
  readonly share: number;
  /** A sentence for an administrator. */
  readonly detail: string;
  readonly at: Position | null;
}

const SENTENCES: ReadonlyMap<string, string> = new Map([
  ["address", "not the usual address"],
  ["network", "not the usual network"],
  ["asn", "not the usual network provider"],
  ["country", "not the usual country"],
  ["agent", "not the usual version of the browser"],
  ["browser", "not the usual browser"],
  ["system", "not the usual operating system"],
  ["deviceKind", "not the usual kind of device"],
  ["device", "not a device that was seen before"],
  ["hour", "not the usual hour of the day"],
  ["base", "what is assumed of everybody, where nothing speaks for or against"],
  ["noHistory", "nothing is known of earlier sign-ins"],
  ["impossibleTravel", "too far from where they last were, for the time between"],
  ["knownBadNetwork", "a network that is known to be bad, or whose address cannot be read"],
  ["failedAttempts", "failed attempts to sign in since the last that succeeded"],
  ["compliance", "the device does not comply"],
]);

/** Each factor of the score with its share, and the place in the policy that gives it. */
export function explainFactors(assessment: Assessment | null, policy: Policy): readonly ExplainedFactor[] {
  const scoring = policy.risk?.scoring;
  if (assessment === null || scoring === undefined) return [];
  return assessment.factors.map(({ name, share }) => {
    const [kind, rest = ""] = splitOnce(name);
    if (kind === "rule") {
      const rule = scoring.points.find((one) => one.name === rest);
      return {
        name,
        share,
        detail: `rule \`${rest}\` holds, or could not be evaluated`,
        at: rule?.at ?? null,
      };
    }
    if (kind === "missing")
      return { name, share, detail: `\`${rest}\` is required and missing`, at: scoring.at };
    return { name, share, detail: SENTENCES.get(name) ?? name, at: scoring.at };
  });
}

function splitOnce(name: string): readonly [string, string?] {
  const colon = name.indexOf(":");
  return colon < 0 ? [name] : [name.slice(0, colon), name.slice(colon + 1)];
}
