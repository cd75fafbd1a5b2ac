import {
  checkAsk,
  type Decision,
  type DeviceRef,
  decide,
  grantClocks,
  type Holder,
  holderKey,
  makeId,
  type Now,
  type Offer,
  type OptOut,
  type Policy,
  parseScope,
  type RevisionId,
  type Scope,
  type SubjectRef,
  segmentsOf,
} from "@postern/core";
import { type Posed, pose } from "../decisions/question.ts";
import { type OptOutParts, personBindings } from "../opt-outs/parts.ts";
import type { Question, Requestable } from "../service.ts";

/** Stands for an opt-out that nobody has asked for yet. It never leaves this file. */
const IMAGINED = makeId("oo", new Uint8Array(16));

/** Which offer could answer a refusal; see `AccessRequestService.requestable`. */
export function requestable(question: Question, decision: Decision, parts: OptOutParts): Requestable | null {
  if (decision.outcome === "permit" || decision.outcome === "honour") return null;
  // An opt-out belongs to the subject: someone who acts for it, or whom nobody has named, has none to ask for.
  if (question.subject === null || question.delegated === true) return null;
  const wanted = new Set<string>();
  for (const { requirement, challenge } of decision.unmet) {
    if ("control" in requirement) wanted.add(requirement.control);
    else if (challenge === null) return null;
  }
  if (wanted.size === 0) return null;
  const active = parts.active();
  const offers = [...active.policy.offers.values()].filter(
    (offer) => offer.mode === "enforce" && wanted.has(offer.control),
  );
  if (offers.length === 0 || active.id === null) return null;
  const now = parts.clock.now();
  const posed = pose(question, active, {
    state: parts.state,
    directory: parts.directory,
    doubt: parts.doubts.current()?.reason ?? null,
    latest: now.latest,
    uses: (optOut) => parts.state.uses(optOut)?.used ?? 0,
    // Budgets are those of visitors, who ask for nothing here.
    budgetSpent: () => true,
  });
  const { subject, device } = posed.facts;
  const named = nameOf(posed, decision);
  if (subject === null || named === null) return null;
  for (const offer of offers) {
    for (const holder of holdersOf(offer, subject.ref, device?.ref ?? null)) {
      const ask = { offer: offer.name, holder, scope: named.scope, length: null, startsAt: null };
      const bindings = personBindings(
        subject.ref,
        holder.kind === "device" ? holder.device : null,
        parts,
        now.latest,
      );
      if (!checkAsk(ask, active.policy, { states: subject.states, bindings }, now.latest).ok) continue;
      const optOut = imagine(offer, holder, named.scope, active.id, now);
      if (!wouldAnswer(optOut, posed, active.policy, now)) continue;
      return {
        offer: offer.name,
        titles: Object.fromEntries([...offer.disclosures].map(([locale, { title }]) => [locale, title])),
        holder: holder.kind === "device" ? "device" : "subject",
        action: named.action,
        resource: named.resource,
        revision: active.id,
      };
    }
  }
  return null;
}

/** The one action and resource that an opt-out would name; null where a pattern would mean something else. */
function nameOf(
  { request }: Posed,
  { protections }: Decision,
): { readonly action: string; readonly resource: string; readonly scope: Scope } | null {
  if (request.resource.segments === null) return null;
  const as = protections.findLast((protection) => protection.as !== null)?.as ?? null;
  const action = as?.action ?? request.action;
  const type = as?.resource?.type ?? request.resource.type;
  const segments =
    as === null || as.resource === null ? request.resource.segments : segmentsOf(as.resource.id);
  const text = `${type}:${type === "route" ? "/" : ""}${segments.join("/")}`;
  const scope = parseScope([action], [text]);
  if (!scope.ok) return null;
  const [pattern] = scope.value.resources;
  // DANGER: an id may hold what is a wildcard in a pattern. Asking for it would ask for more than was refused.
  const exact =
    pattern !== undefined &&
    !pattern.subtree &&
    pattern.segments.length === segments.length &&
    pattern.segments.every((segment, at) => segment === segments[at] && segment !== "*");
  return exact ? { action, resource: text, scope: scope.value } : null;
}

function holdersOf(offer: Offer, subject: SubjectRef, device: DeviceRef | null): readonly Holder[] {
  return [
    ...(offer.holders.has("subject") ? [{ kind: "subject" as const, subject }] : []),
    ...(offer.holders.has("device") && device !== null ? [{ kind: "device" as const, device, subject }] : []),
  ];
}

function imagine(offer: Offer, holder: Holder, scope: Scope, revision: RevisionId, now: Now): OptOut {
  const at = now.latest;
  const subject = holder.kind === "anonymous" ? null : holder.subject;
  return {
    id: IMAGINED,
    control: offer.control,
    offer: offer.name,
    revision,
    basis: offer.basis,
    holder,
    scope,
    downTo: offer.downTo,
    standing: "granted",
    requestedBy: subject ?? makeId("sub", new Uint8Array(16)),
    requestedAt: at,
    consentNeeded: false,
    consent: null,
    approvalsNeeded: 0,
    approvals: [],
    grantedAt: at,
    decideBy: at,
    ...grantClocks(offer, { length: offer.length.default, startsAt: null }, at),
    // By the earliest possible instant, so that no uncertainty of the clock hides it.
    startsAt: now.earliest,
    usesMax: offer.uses,
    version: 1,
  };
}

/** Decides once more as if it were granted: every guardrail, floor, lock and condition counts as it would then. */
function wouldAnswer(optOut: OptOut, { request, facts }: Posed, policy: Policy, now: Now): boolean {
  const holder = holderKey(optOut.holder);
  const decision = decide(
    request,
    {
      ...facts,
      optOuts: {
        find: (of, control) => {
          const held = facts.optOuts.find(of, control);
          return of === holder && control === optOut.control ? [optOut, ...held] : held;
        },
      },
    },
    policy,
    now,
  );
  return (
    decision.waived.some((waived) => waived.optOut === IMAGINED) &&
    decision.unmet.every(({ challenge }) => challenge !== null)
  );
}
