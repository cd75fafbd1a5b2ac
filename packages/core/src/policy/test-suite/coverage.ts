import { createResourceIndex } from "../resource-index.ts";
import type { Policy, Position, Rule } from "../revision.ts";

/** A rule of the policy and whether any case has asked it. */
export interface RuleCoverage {
  readonly kind: "permit" | "who" | "while" | "risk";
  readonly document: string;
  readonly name: string;
  readonly at: Position;
  readonly reached: boolean;
}

export interface WatchedPolicy {
  /** Answers as the policy does, and notes which rules were asked. */
  readonly policy: Policy;
  coverage(): readonly RuleCoverage[];
}

/** Who may approve is asked by people and not by a decision, so it is not counted. */
export function watch(policy: Policy): WatchedPolicy {
  const rules: { readonly entry: Omit<RuleCoverage, "reached">; reached: boolean }[] = [];
  const watched = <Watched extends Rule>(
    kind: RuleCoverage["kind"],
    document: string,
    rule: Watched,
  ): Watched => {
    const { name, at, when } = rule;
    const note = { entry: { kind, document, name, at }, reached: false };
    rules.push(note);
    return {
      ...rule,
      when: {
        text: when.text,
        cost: when.cost,
        reads: when.reads,
        evaluate(bindings) {
          note.reached = true;
          return when.evaluate(bindings);
        },
      },
    };
  };
  const protections = policy.protections.map((one) => ({
    ...one,
    permit: one.permit?.map((rule) => watched("permit", one.name, rule)) ?? null,
  }));
  const offers = new Map(
    [...policy.offers].map(([name, offer]) => [
      name,
      {
        ...offer,
        who: offer.who === null ? null : watched("who", name, offer.who),
        while: offer.while === null ? null : watched("while", name, offer.while),
      },
    ]),
  );
  const risk =
    policy.risk === null
      ? null
      : {
          ...policy.risk,
          rules: policy.risk.rules.map((rule) => watched("risk", "risk", rule)),
          ...(policy.risk.scoring === undefined
            ? {}
            : {
                scoring: {
                  ...policy.risk.scoring,
                  points: policy.risk.scoring.points.map((rule) => watched("risk", "risk", rule)),
                  segments: policy.risk.scoring.segments.map((rule) => watched("risk", "risk", rule)),
                },
              }),
        };
  return {
    policy: { ...policy, protections, offers, risk, index: createResourceIndex(protections) },
    coverage: () => rules.map(({ entry, reached }) => ({ ...entry, reached })),
  };
}
