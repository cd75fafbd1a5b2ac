import {
  type Actor,
  type ApprovalTally,
  approvalsNeeded,
  type Bindings,
  bind,
  type DeviceRef,
  demandOf,
  type EntityRef,
  exactly,
  type Instant,
  NO_ATTRIBUTES,
  type Policy,
  type Result,
  reaches,
  reachesProtection,
  refuse,
  type Scope,
  type Session,
  type SubjectRef,
  sessionIsLive,
  standingOf,
  stateOf,
  tallyApprovals,
} from "@postern/core";
import { notFound, withinBinding } from "../access.ts";
import { type Caller, mayUse, personOf } from "../caller.ts";
import type { Directory } from "../entities/directory.ts";
import type { ActivePolicy } from "../policy/active-policy.ts";
import type { Store } from "../ports/store.ts";
import { type Problem, problem } from "../problem.ts";
import type { State, StoredOptOut } from "../projection/state.ts";
import type { Draft, DraftEvent } from "../record/command.ts";
import type { Writer } from "../record/writer.ts";
import type { RiskState } from "../risk/risk.ts";
import type { RandomPool } from "../seal/box.ts";
import { statesOf as heldStates } from "../states/states.ts";
import type { ViewParts } from "./view.ts";

export interface OptOutParts extends ViewParts {
  readonly store: Store;
  readonly state: State;
  readonly writer: Writer;
  readonly directory: Directory;
  readonly pool: RandomPool;
  readonly active: () => ActivePolicy;
  /** Absent: conditions about a person read no signals. */
  readonly risk?: Pick<RiskState, "facts">;
  /** Entries in the ledger now. */
  readonly size: () => number;
  /** When every live node has applied the entry; null: not within the time that an answer waits. */
  readonly inEffect: (entry: number) => Promise<Instant | null>;
  /** Records which sessions have ended by now, before something takes effect that would let them go on. */
  readonly settleSessions: () => Promise<Problem | null>;
}

/** What it takes to say whom a condition about a person holds for. */
export type ApproverParts = Pick<OptOutParts, "active" | "directory" | "state" | "risk">;

/** What conditions about a person read where there is no request: what we hold about them. */
export function personBindings(
  ref: SubjectRef,
  device: EntityRef | null,
  parts: ApproverParts,
  now: Instant,
): () => Bindings {
  return () => {
    const { policy } = parts.active();
    const declared = policy.attributes;
    // There is no request, so that nothing is known of where it comes from: what asks for that cannot be evaluated.
    const risk = parts.risk?.facts(ref, { client: null, network: null, device }, policy);
    const name = parts.directory.name(ref);
    const held = device === null ? undefined : parts.state.entity(device);
    return bind(
      {
        subject: name,
        action: "opt-out.create",
        resource: { type: "postern", id: "opt-outs", segments: ["opt-outs"] },
        given: {
          subject: NO_ATTRIBUTES,
          resource: NO_ATTRIBUTES,
          action: NO_ATTRIBUTES,
          context: NO_ATTRIBUTES,
        },
        delegated: false,
        network: null,
      },
      {
        session: null,
        subject: {
          ref,
          attributes: parts.directory.attributes(ref, declared.get("subject")),
          states: statesOf(ref, parts.state),
        },
        device:
          held === undefined || device === null || !device.startsWith("dev_")
            ? null
            : {
                ref: device as DeviceRef,
                id: parts.directory.name(device)?.id ?? device,
                shared: held.shared,
                attributes: parts.directory.attributes(device, declared.get("device")),
              },
        resource: NO_ATTRIBUTES,
        ...(risk === undefined ? {} : { risk }),
        optOuts: parts.state.optOuts,
        locks: parts.state.liveLocks,
        uses: () => 0,
        budgetSpent: () => false,
        doubt: null,
      },
      declared,
      "unknown",
      exactly(now),
    );
  };
}

export function statesOf(ref: EntityRef, state: State): ReadonlySet<string> {
  return new Set(heldStates(ref, state).keys());
}

export function isOwn(caller: Caller, optOut: StoredOptOut): boolean {
  const person = personOf(caller);
  if (person === null) return false;
  const { holder } = optOut;
  return holder.kind !== "anonymous" && holder.subject === person;
}

export function isOwnSubject(caller: Caller, ref: EntityRef): boolean {
  return personOf(caller) === ref;
}

export function isRequester(caller: Caller, optOut: StoredOptOut): boolean {
  return personOf(caller) === optOut.requestedBy;
}

/** Who may see it: its person, its requester, and readers within their binding. All others: it is not there. */
export function maySee(caller: Caller, optOut: StoredOptOut): boolean {
  if (isOwn(caller, optOut) || isRequester(caller, optOut)) return true;
  return (
    (mayUse(caller, "opt-outs.read") || mayUse(caller, "opt-outs.approve")) &&
    withinBinding(
      caller,
      optOut.scope.resources.map(({ text }) => text),
    )
  );
}

/** Finds what the caller may see, in the state of the batch. */
export function seen(state: State, caller: Caller, id: string): Result<StoredOptOut, Problem> {
  const optOut = state.optOuts.get(id);
  return optOut === undefined || !maySee(caller, optOut)
    ? notFound("opt-out", id)
    : { ok: true, value: optOut };
}

/** Refuses anyone who asked for it or whose it is: requester is never approver (Law 3). */
export function needSecondPerson(
  caller: Caller,
  optOut: StoredOptOut,
  parts: OptOutParts,
  at: Instant,
  act: "approve" | "review" = "approve",
): Result<SubjectRef, Problem> {
  if (!mayUse(caller, "opt-outs.approve"))
    return refuse(problem("caller.scope", "this needs a token with the scope `opt-outs.approve`"));
  const person = personOf(caller);
  if (person === null)
    return refuse(
      problem(
        "opt-out.approver_unknown",
        "this needs a token that names its person, so that persons can be compared",
      ),
    );
  if (isOwn(caller, optOut) || isRequester(caller, optOut)) {
    return refuse(
      problem(
        "opt-out.own_approval",
        "whoever asked for an opt-out, or holds it, cannot approve it; another person has to",
      ),
    );
  }
  const reviewer = parts.active().policy.offers.get(optOut.offer)?.review.by ?? null;
  if (act === "review" && reviewer !== null) {
    return reviewer.when.evaluate(personBindings(person, null, parts, at)()) === true
      ? { ok: true, value: person }
      : refuse(problem("opt-out.not_approver", `the offer \`${optOut.offer}\` is reviewed by others`));
  }
  if (groupsOf(person, optOut, parts, parts.state, at) === null) {
    return refuse(problem("opt-out.not_approver", `the offer \`${optOut.offer}\` is approved by others`));
  }
  return { ok: true, value: person };
}

/** The groups that a person approves for, by what holds of them now; null: they cannot approve it at all. */
function groupsOf(
  person: SubjectRef,
  optOut: StoredOptOut,
  parts: ApproverParts,
  state: State,
  at: Instant,
): ReadonlySet<string> | null {
  const entity = state.entity(person);
  if (entity === undefined || entity.deletedAt !== null) return null;
  const approvals = parts.active().policy.offers.get(optOut.offer)?.approvals;
  if (approvals === undefined) return new Set();
  const { by, from } = approvals;
  const bindings = personBindings(person, null, parts, at);
  if (by !== null && by.when.evaluate(bindings()) !== true) return null;
  const groups = from.filter(({ rule }) => rule !== null && rule.when.evaluate(bindings()) === true);
  return from.length > 0 && groups.length === 0 ? null : new Set(groups.map(({ name }) => name));
}

/**
 * What is there of the approvals, counted on what holds of the approvers now: who has left a group, or is gone, no
 * longer counts; nor does anybody who asked for it or holds it.
 */
export function approvalsOf(
  optOut: StoredOptOut,
  approvers: readonly SubjectRef[],
  parts: ApproverParts,
  state: State,
  at: Instant,
): ApprovalTally {
  const offer = parts.active().policy.offers.get(optOut.offer);
  const holder = optOut.holder.kind === "anonymous" ? null : optOut.holder.subject;
  const memberships = [...new Set(approvers)]
    .filter((person) => person !== optOut.requestedBy && person !== holder)
    .flatMap((person) => groupsOf(person, optOut, parts, state, at) ?? []);
  return tallyApprovals(offer?.approvals, approvalsNeeded(optOut, offer), memberships);
}

export function missingApprovals(
  optOut: StoredOptOut,
  parts: ApproverParts,
  state: State,
  at: Instant,
): ApprovalTally {
  const approvers = optOut.approvals.map(({ by }) => by);
  return approvalsOf(optOut, approvers, parts, state, at);
}

/**
 * Creating, widening and renewing always face the full control (Law 6): the session must by itself meet
 * everything that the opt-out would waive.
 */
export function needFullControl(
  session: Session,
  scope: Scope,
  policy: Policy,
  at: Instant,
): Result<null, Problem> {
  const reached = policy.protections.filter(
    (protection) => protection.mode === "enforce" && reachesProtection(scope, protection),
  );
  const demand = demandOf(reached, policy, "unknown");
  const wanted = [demand.assurance, demand.stepUp?.assurance ?? "none"] as const;
  // What was done long ago counts for less by now.
  const { acr, authTime } = standingOf(session, at);
  const enough = sessionIsLive(session, at) && wanted.every((assurance) => reaches(acr, assurance));
  const maxAge = demand.stepUp?.maxAge ?? null;
  const fresh = maxAge === null || at - authTime <= maxAge;
  return enough && fresh
    ? { ok: true, value: null }
    : refuse(
        problem(
          "opt-out.fresh_sign_in",
          "to change this you first have to confirm that it is you, as you would without the opt-out",
        ),
      );
}

export function sessionEnded(): { readonly ok: false; readonly refusal: Problem } {
  return refuse(problem("session.ended", "the session has ended; sign in again"));
}

/** One event about one opt-out, with a reason where people gave one. */
export function eventDraft(
  by: Actor,
  event: DraftEvent["event"],
  reason: string | undefined,
  key: string | null,
): DraftEvent {
  return reason === undefined || key === null
    ? { by, event }
    : { by, event, sealed: { reason: { key, value: reason } } };
}

export function draftOf(events: readonly DraftEvent[]): { readonly ok: true; readonly value: Draft<null> } {
  return { ok: true, value: { events, done: () => null } };
}

export function wrongState(
  optOut: StoredOptOut,
  at: Instant,
  act: string,
): { readonly ok: false; readonly refusal: Problem } {
  return refuse(problem("opt-out.state", `an opt-out that is ${stateOf(optOut, at)} cannot be ${act}`));
}

/** Whose key seals words about an opt-out: its person's, else its requester's. */
export function sealKeyOf(optOut: {
  readonly holder: StoredOptOut["holder"];
  readonly requestedBy: SubjectRef;
}): SubjectRef {
  return optOut.holder.kind !== "anonymous" && optOut.holder.subject !== null
    ? optOut.holder.subject
    : optOut.requestedBy;
}
