import {
  type Decision,
  type DecisionId,
  type DecisionRequest,
  endOf,
  formatInstant,
  type Instant,
  instant,
  type OptOut,
} from "@postern/core";
import type { Answer } from "../service.ts";
import type { DecisionView } from "../views.ts";

export function decisionView(from: {
  readonly id: DecisionId;
  readonly at: Instant;
  readonly decision: Decision;
  readonly request: DecisionRequest;
  readonly revision: string;
  readonly micros: number;
  readonly entry: Answer["entry"];
  /** Finds what was honoured, for its end. */
  readonly optOut: (id: string) => Pick<OptOut, "expiresAt" | "reviewBy" | "capAt"> | undefined;
}): DecisionView {
  const { decision, request } = from;
  const ends = decision.waived.flatMap(({ optOut }) => {
    const found = from.optOut(optOut);
    return found === undefined ? [] : [endOf(found)];
  });
  const rule = decision.protections.at(-1);
  return {
    id: from.id,
    at: formatInstant(from.at),
    outcome: decision.outcome,
    subject: request.subject,
    action: request.action,
    resource: { type: request.resource.type, id: request.resource.id },
    revision: from.revision,
    controls: [
      ...decision.waived.map(({ requirement, optOut: id }) => ({
        control: requirement.control,
        result: "waived" as const,
        reason: null,
        optOut: id,
      })),
      ...decision.unmet.map(({ requirement, reason }) => ({
        control: "control" in requirement ? requirement.control : requirement.kind,
        result: "unmet" as const,
        reason,
        optOut:
          decision.notHonoured.find(
            ({ control }) => "control" in requirement && control === requirement.control,
          )?.optOut ?? null,
      })),
    ],
    endsAt: ends.length === 0 ? null : formatInstant(instant(Math.min(...ends))),
    rule: rule === undefined ? null : `${rule.at.file}:${rule.at.line}`,
    micros: from.micros,
    entry: from.entry,
    governed: decision.governed,
  };
}
