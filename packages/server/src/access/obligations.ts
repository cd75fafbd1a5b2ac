import { authenticationChallenge, type Decision } from "@postern/core";
import { isFields } from "./question.ts";

/** What the enforcement point must do (AuthZEN Obligations Profile 1.0, draft 1). */
export interface Obligation {
  readonly id: string;
  readonly type: ObligationType;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** The types that we issue, as the metadata lists them. */
export const OBLIGATION_TYPES = ["step-up"] as const;
export type ObligationType = (typeof OBLIGATION_TYPES)[number];

const NONE: readonly Obligation[] = [];

/**
 * The obligations of an answer: a challenge that an authentication would meet obliges to a step-up. An enforcement
 * point that says what it supports, and does not name the type, is not obliged; it is refused all the same.
 */
export function obligationsOf(decision: Decision, context: unknown): readonly Obligation[] {
  const challenge = authenticationChallenge(decision);
  if (challenge === null || challenge.acrValues === null || !supports(context, "step-up")) return NONE;
  const { acrValues, maxAge } = challenge;
  return [
    {
      id: "obl-1",
      type: "step-up",
      properties: { acr_value: acrValues, ...(maxAge === null ? {} : { max_age: maxAge }) },
    },
  ];
}

/** Says nothing: may support all. Values that are not types of ours count as absent. */
function supports(context: unknown, type: ObligationType): boolean {
  const named = isFields(context) ? context.supported_obligations : undefined;
  return !Array.isArray(named) || named.includes(type);
}
