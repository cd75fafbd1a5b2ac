import {
  authenticationChallenge,
  type Decision,
  formatInstant,
  type Instant,
  requirementText,
} from "@postern/core";
import type { Answer } from "@postern/service";
import type { AccessRequestContext } from "../access-request/context.ts";
import { userSentence } from "../enforcement/reason-user.ts";
import type { Obligation } from "./obligations.ts";

/** What the profiles add to an answer's context. */
export interface ProfileContext extends AccessRequestContext {
  readonly obligations?: readonly Obligation[];
}

/** The `context` of an AuthZEN answer. Codes only, but for what is written for people. */
export interface AnswerContext extends ProfileContext {
  readonly outcome: Decision["outcome"];
  readonly evaluation_id: string;
  readonly evaluated_at: string;
  readonly reason_user: Readonly<Record<string, string>>;
  /** For callers who may see explanations. */
  readonly reason_admin?: Readonly<Record<string, string>>;
  /** The policy revision that it was decided on, for the same callers. */
  readonly revision?: string;
  readonly acr_values?: string;
  readonly max_age?: number;
  readonly waived?: readonly {
    readonly control: string;
    readonly opt_out: string;
    readonly ends: string | null;
  }[];
  readonly unmet?: readonly { readonly requirement: string; readonly reason: string }[];
}

export interface Evaluated {
  readonly decision: boolean;
  readonly context: AnswerContext;
}

/** True for `permit` and `honour` (DESIGN: the outcome words of every face). */
export function isAllowed({ outcome }: Decision): boolean {
  return outcome === "permit" || outcome === "honour";
}

export function evaluated(answer: Answer, explain: boolean, profiles: ProfileContext | null): Evaluated {
  const { decision } = answer;
  const context = contextOf(decision, answer, explain);
  return {
    decision: isAllowed(decision),
    context: profiles === null ? context : { ...context, ...profiles },
  };
}

/** `formatInstant`, made once per second: writing a date anew for every answer costs more than deciding. */
function timeText(at: Instant): string {
  const second = Math.floor(at / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastText = formatInstant(at).slice(0, -4);
  }
  return `${lastText}${String(at % 1000).padStart(3, "0")}Z`;
}

let lastSecond = -1;
let lastText = "";

function contextOf(decision: Decision, answer: Answer, explain: boolean): AnswerContext {
  const challenge = authenticationChallenge(decision);
  const ends = decision.waived.length === 0 ? null : answer.view().endsAt;
  return {
    outcome: decision.outcome,
    evaluation_id: answer.id,
    evaluated_at: timeText(answer.at),
    reason_user: { en: userSentence(decision) },
    ...(explain ? { reason_admin: { en: adminSentence(decision) }, revision: answer.revision } : {}),
    ...(challenge === null || challenge.acrValues === null ? {} : { acr_values: challenge.acrValues }),
    ...(challenge === null || challenge.maxAge === null ? {} : { max_age: challenge.maxAge }),
    ...(decision.waived.length === 0
      ? {}
      : {
          waived: decision.waived.map(({ requirement, optOut }) => ({
            control: requirement.control,
            opt_out: optOut,
            ends,
          })),
        }),
    ...(decision.unmet.length === 0
      ? {}
      : {
          unmet: decision.unmet.map(({ requirement, reason }) => ({
            requirement: "control" in requirement ? requirement.control : requirement.kind,
            reason,
          })),
        }),
  };
}

/** What `why` tells in full, in one line: names of Protections, what was waived, what was unmet and by which code. */
function adminSentence(decision: Decision): string {
  const by = decision.protections.map(({ name }) => name).join(", ");
  const parts = [`${decision.outcome}${by === "" ? "" : ` under ${by}`}`];
  for (const { requirement, optOut, offer } of decision.waived) {
    parts.push(`${requirementText(requirement)}: waived by ${optOut} (${offer})`);
  }
  for (const { requirement, reason } of decision.unmet)
    parts.push(`${requirementText(requirement)}: ${reason}`);
  return parts.join("; ");
}
