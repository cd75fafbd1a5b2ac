import {
  type Concern,
  type Decision,
  type DecisionId,
  type DecisionRequest,
  type DeviceFacts,
  type EntityRef,
  type Facts,
  holderKey,
  type Lock,
  NO_ATTRIBUTES,
  type Now,
  type OptOut,
  type OptOutBody,
  type OptOutId,
  optOutOf,
  type Policy,
  type ReasonCode,
  type RiskFacts,
  rowOfSignals,
  type Session,
  type SubjectFacts,
} from "@postern/core";
import { type Directory, type OpenedEntity, typedAttributes } from "../entities/directory.ts";
import type { State } from "../projection/state.ts";
import type { Answer, Question } from "../service.ts";

type Attributes = Readonly<Record<string, unknown>>;

/**
 * One decision with the facts it used, as the decision log seals it: enough to decide again and to say why,
 * under the revision that it was made on. Nothing is rendered until somebody asks.
 */
export interface Recorded {
  readonly revision: string;
  readonly now: Now;
  readonly micros: number;
  readonly entry: Answer["entry"];
  readonly outcome: Decision["outcome"];
  readonly asked: {
    readonly by: string;
    readonly subject: DecisionRequest["subject"];
    readonly action: string;
    readonly resource: DecisionRequest["resource"];
    readonly delegated: boolean;
    readonly network: string | null;
    /** What the enforcement point said, untyped as it came. */
    readonly given: {
      readonly subject?: unknown;
      readonly action?: unknown;
      readonly resource?: unknown;
      readonly context?: unknown;
    };
  };
  readonly session: Session | null;
  readonly subject: {
    readonly ref: SubjectFacts["ref"];
    readonly states: readonly string[];
    readonly concerns?: readonly Concern[];
    readonly attributes: Attributes;
  } | null;
  readonly device: {
    readonly ref: DeviceFacts["ref"];
    readonly id: string;
    readonly shared: boolean | null;
    readonly trust?: DeviceFacts["trust"];
    readonly concerns?: readonly Concern[];
    readonly attributes: Attributes;
  } | null;
  /** What the risk rested on; absent: nobody had looked. */
  readonly risk?: RecordedRisk | null;
  readonly resource: Attributes | null;
  /** Those that were considered, with the uses that counted. */
  readonly optOuts: readonly { readonly optOut: OptOutBody; readonly used: number }[];
  readonly locks: readonly Lock[];
  readonly budgetSpent: readonly string[];
  readonly doubt: ReasonCode | null;
}

export type RecordedRisk = Omit<RiskFacts, "row">;

/** A decision as it was made: every part of it stays as it is, so that it may be sealed later. */
export interface Made {
  readonly id: DecisionId;
  readonly question: Question;
  readonly request: DecisionRequest;
  readonly now: Now;
  readonly revision: string;
  readonly micros: number;
  readonly entry: Answer["entry"];
  readonly outcome: Decision["outcome"];
  readonly session: Session | null;
  readonly subject: { readonly facts: SubjectFacts; readonly held: OpenedEntity | null } | null;
  readonly device: { readonly facts: DeviceFacts; readonly held: OpenedEntity | null } | null;
  readonly risk: RiskFacts | null;
  readonly resource: OpenedEntity | null;
  readonly optOuts: readonly { readonly optOut: OptOut; readonly used: number }[];
  readonly locks: readonly Lock[];
  readonly budgetSpent: readonly string[];
  readonly doubt: ReasonCode | null;
}

/** Takes what a decision rested on out of memory that goes on changing. */
export function madeOf(
  from: {
    readonly id: DecisionId;
    readonly question: Question;
    readonly request: DecisionRequest;
    readonly facts: Facts;
    readonly held: EntityRef | null;
    readonly decision: Decision;
    readonly now: Now;
    readonly revision: string;
    readonly micros: number;
    readonly entry: Answer["entry"];
  },
  parts: { readonly state: State; readonly directory: Directory },
): Made {
  const { id, question, request, facts, held, decision, now, revision, micros, entry } = from;
  const { state, directory } = parts;
  const { subject, device } = facts;
  const considered = (optOut: OptOutId): Made["optOuts"] => {
    const found = state.optOuts.get(optOut);
    return found === undefined ? [] : [{ optOut: found, used: facts.uses(optOut) }];
  };
  return {
    id,
    question,
    request,
    now,
    revision,
    micros,
    entry,
    outcome: decision.outcome,
    session: facts.session,
    subject: subject === null ? null : { facts: subject, held: directory.open(subject.ref) },
    device: device === null ? null : { facts: device, held: directory.open(device.ref) },
    risk: facts.risk ?? null,
    resource: held === null ? null : directory.open(held),
    optOuts: [
      ...decision.waived.flatMap(({ optOut }) => considered(optOut)),
      ...decision.notHonoured.flatMap(({ optOut }) => considered(optOut)),
    ],
    locks: facts.locks,
    budgetSpent: decision.notHonoured
      .filter(({ reason }) => reason === "budget_spent")
      .flatMap(({ optOut }) => state.optOuts.get(optOut)?.offer ?? []),
    doubt: facts.doubt,
  };
}

/** The record as what `decide` and `explain` take, typed as the revision it was made on declares. */
export function restored(
  from: Recorded,
  policy: Policy,
): { readonly request: DecisionRequest; readonly facts: Facts } {
  const declared = policy.attributes;
  const { asked } = from;
  const optOuts: readonly OptOut[] = from.optOuts.map(({ optOut }) => optOutOf(optOut));
  const used = new Map(from.optOuts.map((one) => [one.optOut.id, one.used]));
  return {
    request: {
      subject: asked.subject,
      action: asked.action,
      resource: asked.resource,
      given: {
        subject: typedAttributes(asked.given.subject, declared.get("subject"), "request"),
        action: typedAttributes(asked.given.action, declared.get("action"), "request"),
        resource: typedAttributes(asked.given.resource, declared.get("resource"), "request"),
        context: typedAttributes(asked.given.context, declared.get("context"), "request"),
      },
      delegated: asked.delegated,
      network: asked.network,
    },
    facts: {
      session: from.session,
      subject:
        from.subject === null
          ? null
          : {
              ref: from.subject.ref,
              states: new Set(from.subject.states),
              ...(from.subject.concerns === undefined ? {} : { concerns: from.subject.concerns }),
              attributes: typedAttributes(from.subject.attributes, declared.get("subject"), "entity"),
            },
      device:
        from.device === null
          ? null
          : {
              ref: from.device.ref,
              id: from.device.id,
              shared: from.device.shared,
              trust: from.device.trust ?? null,
              ...(from.device.concerns === undefined ? {} : { concerns: from.device.concerns }),
              attributes: typedAttributes(from.device.attributes, declared.get("device"), "entity"),
            },
      ...(from.risk == null ? {} : { risk: { ...from.risk, row: rowOfSignals(from.risk.signals) } }),
      resource:
        from.resource === null
          ? NO_ATTRIBUTES
          : typedAttributes(from.resource, declared.get("resource"), "entity"),
      optOuts: {
        find: (holder, control) =>
          optOuts.filter((optOut) => optOut.control === control && holderKey(optOut.holder) === holder),
      },
      locks: from.locks,
      uses: (id) => used.get(id) ?? 0,
      budgetSpent: (offer) => from.budgetSpent.includes(offer),
      doubt: from.doubt,
    },
  };
}
