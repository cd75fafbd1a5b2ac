import {
  type Act,
  type Alone,
  type Concern,
  type Entity,
  type Event,
  type FactorUse,
  type Honour,
  type Instant,
  isSuspendedBySignal,
  type Mark,
  type Marked,
  milliseconds,
  type OptOut,
  type OptOutId,
  optOutOf,
  parseScope,
  plus,
  provedAt,
  type Scope,
  takesPlaceOf,
  type Widening,
  withCompliance,
  withMark,
} from "@postern/core";
import type { Projection } from "../ports/store.ts";
import type { Records, RecordsById, Uses } from "./state.ts";

export type RecordChange = {
  readonly [Table in Projection]: {
    readonly projection: Table;
    readonly id: string;
    readonly record: Records[Table];
  };
}[Projection];

/** What an event needs beside itself: the parts that rows carry and no entry may, since entries outlive erasure. */
export interface SealedParts {
  /** Base64 of an entity's sealed name and attributes, of a factor's label and secret, or of a device's name and key. */
  readonly box?: string;
  /** The keyed hash by which it is found again. Of an entity's name: in an entry it would tie the erased to whoever has the name next. */
  readonly blind?: string;
}

/** How long the secret before a rotation is still taken: for requests that were under way. */
const HANDLE_OVERLAP = milliseconds(30_000);

/**
 * The rows that an event changes. Pure: the same event on the same state gives the same rows, here and on any
 * node that reads the log. An event about something unknown is a fault of whoever made it, and is thrown.
 */
export function project(
  event: Event,
  at: Instant,
  entry: number,
  state: RecordsById,
  sealed: SealedParts,
): readonly RecordChange[] {
  switch (event.type) {
    case "ledger.opened":
    case "opt-out.refused":
    case "sign-in.throttled":
    case "sign-in.token-reused":
    case "recovery.begun":
    case "recovery.finished":
    case "notice.given-up":
    case "stream.opened":
    case "stream.closed":
      return [];
    case "epoch.fenced": {
      const id = String(event.epoch);
      return [put("fences", id, { id, epoch: event.epoch, since: at })];
    }
    case "time.accepted":
      return unreviewed({ kind: "time", behind: event.behind }, event.alone, at);
    case "epoch.accepted":
      return unreviewed({ kind: "loss", lost: event.lost }, event.alone, at);
    case "act.requested":
      return [
        put("reviews", event.act.id, {
          ...event.act,
          standing: "waiting",
          decidedBy: null,
          decidedAt: null,
        }),
      ];
    case "act.confirmed":
      return decided(state, event.act, "confirmed", event.person, at);
    case "act.denied":
      return decided(state, event.act, "denied", event.person, at);
    case "policy.published":
      return published(event, at, state);
    case "key.rotated": {
      const { key, epoch, sinceSize, publicKey, note } = event;
      return [put("keys", key, { id: key, epoch, since: at, sinceSize, publicKey, note })];
    }
    case "token.issued":
      return [
        put("tokens", event.token.id, event.token),
        ...unreviewed({ kind: "token", token: event.token }, event.alone, at),
      ];
    case "token.revoked":
      return [put("tokens", event.token, { ...known(state.token(event.token), event.token), revokedAt: at })];
    case "role.granted":
      return [
        put("roles", event.grant.id, event.grant),
        ...unreviewed({ kind: "role", grant: event.grant }, event.alone, at),
      ];
    case "role.revoked":
      return [put("roles", event.grant, { ...known(state.role(event.grant), event.grant), revokedAt: at })];
    case "entity.put":
      return [
        put("entities", event.entity.ref, {
          ...event.entity,
          ...heldAgainst(state.entity(event.entity.ref)),
          box: sealed.box ?? "",
          blind: sealed.blind ?? "",
        }),
      ];
    case "entity.deleted": {
      const { concerns: _, compliance: __, ...entity } = known(state.entity(event.entity), event.entity);
      return [put("entities", entity.ref, { ...entity, box: "", blind: "", states: {}, deletedAt: at })];
    }
    case "policy.activated":
    case "policy.rolled-back":
      return [
        ...activated(event.revision, at, state),
        ...unreviewed({ kind: "policy", revision: event.revision }, event.alone, at),
      ];
    case "session.registered":
      return [put("sessions", event.session.id, { ...event.session, handle: event.handle })];
    case "session.raised": {
      const session = known(state.session(event.session), event.session);
      const { acr, amr, authTime, expiresAt, handle, methods } = event;
      const { shortenedBy, formerHandle: _, ...before } = session;
      const same = { ...before, acr, amr, authTime, expiresAt, handle, handleSince: at };
      const raised = methods === undefined ? same : { ...same, methods };
      // A reauthentication takes off what risk brought upon it, and nothing else does.
      const stays = shortenedBy !== undefined && provedAt(raised) <= provedAt(session);
      return [put("sessions", session.id, stays ? { ...raised, shortenedBy } : raised)];
    }
    case "session.revoked":
      return [
        put("sessions", event.session, {
          ...known(state.session(event.session), event.session),
          revokedAt: at,
          endedBy: event.cause,
        }),
      ];
    case "session.rotated": {
      const session = known(state.session(event.session), event.session);
      const formerHandle = { handle: session.handle, until: plus(at, HANDLE_OVERLAP) };
      const { handle } = event;
      return [put("sessions", session.id, { ...session, handle, handleSince: at, formerHandle })];
    }
    case "session.shortened": {
      const session = known(state.session(event.session), event.session);
      const shortenedBy = [...new Set([...(session.shortenedBy ?? []), event.profile])];
      return [put("sessions", session.id, { ...session, shortenedBy })];
    }
    case "session.marked":
      return [
        put("sessions", event.session, {
          ...known(state.session(event.session), event.session),
          shared: event.shared,
        }),
      ];
    case "device.registered": {
      const { id } = event.device;
      const device = { ...event.device, box: sealed.box ?? "", blind: sealed.blind ?? "" };
      return [put("devices", id, device), onDevice(state, event.session, id)];
    }
    case "device.bound":
      return [onDevice(state, event.session, known(state.device(event.device), event.device).id)];
    case "device.renewed": {
      const device = known(state.device(event.device), event.device);
      return [put("devices", device.id, { ...device, expiresAt: event.expiresAt })];
    }
    case "device.renamed": {
      const device = known(state.device(event.device), event.device);
      return [put("devices", device.id, { ...device, box: sealed.box ?? device.box })];
    }
    case "device.revoked": {
      const device = known(state.device(event.device), event.device);
      const gone = event.cause === "entity-deleted" ? { box: "", blind: "" } : {};
      return [put("devices", device.id, { ...device, ...gone, revokedAt: at })];
    }
    case "factor.enrolled":
      return [
        put("factors", event.factor.id, {
          ...event.factor,
          box: sealed.box ?? "",
          blind: sealed.blind ?? "",
        }),
      ];
    case "factor.renamed": {
      const factor = known(state.factor(event.factor), event.factor);
      return [put("factors", factor.id, { ...factor, box: sealed.box ?? factor.box })];
    }
    case "factor.removed": {
      const factor = known(state.factor(event.factor), event.factor);
      return [put("factors", factor.id, { ...factor, box: "", blind: "", removedAt: at })];
    }
    case "factor.used":
      return usedUp(event.use, at, state);
    case "opt-out.requested":
      return [put("opt_outs", event.optOut.id, { ...optOutOf(event.optOut), requestedIn: entry })];
    case "opt-out.consented":
      return change(state, event.optOut, { consent: event.consent });
    case "opt-out.approved":
      return change(state, event.optOut, (before) => ({ approvals: [...before.approvals, event.approval] }));
    case "opt-out.granted": {
      const { startsAt, expiresAt, reviewBy, capAt } = event;
      return change(state, event.optOut, {
        standing: "granted",
        grantedAt: at,
        startsAt,
        expiresAt,
        reviewBy,
        capAt,
      });
    }
    case "opt-out.denied":
      return change(state, event.optOut, { standing: "denied" });
    case "opt-out.withdrawn":
      return change(state, event.optOut, { standing: "withdrawn" });
    case "opt-out.renewed":
      return change(state, event.optOut, (before) => ({
        expiresAt: event.expiresAt,
        reviewBy: event.reviewBy,
        consent: event.consent ?? before.consent,
      }));
    case "opt-out.narrowed":
      return change(state, event.optOut, (before) => ({
        scope: scopeOf(event.scope),
        expiresAt: event.expiresAt,
        approvals: event.approvalsVoided ? [] : before.approvals,
        ...(before.standing === "pending" && event.expiresAt < before.expiresAt
          ? { endsBy: event.expiresAt }
          : {}),
      }));
    case "opt-out.suspended":
      if (event.cause === "signal") return suspendedBySignal(state, event.optOut, event.signal);
      return change(state, event.optOut, (before) => {
        const inDoubt = event.cause === "lost-tail";
        // Stated only where it says something: rows of before know no such field.
        return {
          standing: "suspended",
          ...(before.suspendedInDoubt === undefined && !inDoubt ? {} : { suspendedInDoubt: inDoubt }),
          ...(isSuspendedBySignal(before) ? { suspendedToo: true } : {}),
        };
      });
    case "opt-out.resumed":
      return change(state, event.optOut, resumed);
    case "signal.received":
      return signalled(event, state);
    case "signal.cleared":
      return concerned(
        known(state.entity(event.about), event.about),
        [],
        ({ id, source, rule }) => id === event.signal && source === event.source && rule === event.rule,
      );
    case "opt-out.revoked":
      return change(state, event.optOut, { standing: "revoked" });
    case "opt-out.reviewed": {
      const { reviewBy } = event;
      const review = put("reviews", event.review.id, event.review);
      return reviewBy === null ? [review] : [review, ...change(state, event.review.optOut, { reviewBy })];
    }
    case "lock.placed":
      return [put("locks", event.lock.id, { ...event.lock, placedIn: entry })];
    case "lock.lifted":
      return [
        put("locks", event.lock, { ...known(state.lock(event.lock), event.lock), liftedAt: at }),
        ...unreviewed({ kind: "lock", lock: event.lock }, event.alone, at),
      ];
    case "decision.honoured":
      return spent(event.honours, at, state);
    case "decision.marked":
      return marked(state, event.decision, [], event, at);
    case "signal.marked":
      return marked(state, event.signal, event.rules, event, at);
    default:
      return event satisfies never;
  }
}

function put<Table extends Projection>(projection: Table, id: string, record: Records[Table]): RecordChange {
  return { projection, id, record } as RecordChange;
}

function onDevice(
  state: RecordsById,
  id: Records["sessions"]["id"],
  device: Records["devices"]["id"],
): RecordChange {
  return put("sessions", id, { ...known(state.session(id), id), device });
}

function known<Value>(value: Value | undefined, id: string): Value {
  if (value === undefined) throw new TypeError(`an event names \`${id}\`, which is not there`);
  return value;
}

/** What one person did alone waits for a second person's review. */
function unreviewed(what: Widening, alone: Alone | undefined, at: Instant): readonly RecordChange[] {
  if (alone === undefined) return [];
  return [
    put("reviews", alone.act, {
      id: alone.act,
      what,
      by: alone.person,
      at,
      decideBy: null,
      standing: "unreviewed",
      decidedBy: null,
      decidedAt: null,
    }),
  ];
}

function decided(
  state: RecordsById,
  id: Act["id"],
  standing: "confirmed" | "denied",
  decidedBy: Act["by"],
  decidedAt: Instant,
): readonly RecordChange[] {
  return [put("reviews", id, { ...known(state.act(id), id), standing, decidedBy, decidedAt })];
}

function heldAgainst(before: Entity | undefined): Pick<Entity, "concerns" | "compliance"> {
  const { concerns, compliance } = before ?? {};
  return {
    ...(concerns === undefined ? {} : { concerns }),
    ...(compliance === undefined ? {} : { compliance }),
  };
}

function signalled(
  { about, source, happenedAt, concerns, compliant }: Extract<Event, { readonly type: "signal.received" }>,
  state: RecordsById,
): readonly RecordChange[] {
  const entity = known(state.entity(about), about);
  const said =
    compliant === undefined
      ? entity
      : { ...entity, compliance: withCompliance(entity.compliance, { source, compliant, at: happenedAt }) };
  return concerned(said, concerns, () => false);
}

/** Rows of what nothing is raised against say nothing of it. */
function concerned(
  { concerns = [], ...entity }: Entity,
  more: readonly Concern[],
  gone: (concern: Concern) => boolean,
): readonly RecordChange[] {
  const replaced = (one: Concern): boolean => more.some((next) => takesPlaceOf(next, one));
  const left = [...concerns.filter((one) => !gone(one) && !replaced(one)), ...more];
  return [put("entities", entity.ref, left.length === 0 ? entity : { ...entity, concerns: left })];
}

function suspendedBySignal(
  state: RecordsById,
  id: OptOutId,
  suspendedBy: NonNullable<OptOut["suspendedBy"]>,
): readonly RecordChange[] {
  return change(state, id, (before) => ({
    standing: "suspended",
    suspendedBy,
    suspendedToo:
      before.standing === "suspended" && (before.suspendedBy == null || before.suspendedToo === true),
  }));
}

/** Stated only where it said something: rows of before know no such fields. */
function resumed(before: OptOut): Partial<OptOut> {
  return before.suspendedBy === undefined
    ? { standing: "granted" }
    : { standing: "granted", suspendedBy: null, suspendedToo: false };
}

function marked(
  state: RecordsById,
  id: Marked["id"],
  rules: Marked["rules"],
  { person, as, own }: Omit<Mark, "at">,
  at: Instant,
): readonly RecordChange[] {
  const marks = withMark(state.marked(id)?.marks ?? [], { person, as, own, at });
  return [put("reviews", id, { id, rules, marks })];
}

type Edit = Partial<OptOut> | ((before: OptOut) => Partial<OptOut>);

function change(state: RecordsById, id: OptOutId, edit: Edit): readonly RecordChange[] {
  const before = known(state.optOuts.get(id), id);
  const after = {
    ...before,
    ...(typeof edit === "function" ? edit(before) : edit),
    version: before.version + 1,
  };
  return [put("opt_outs", id, after)];
}

function scopeOf(text: {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}): Scope {
  const scope = parseScope(text.actions, text.resources);
  if (!scope.ok) throw new TypeError(scope.refusal);
  return scope.value;
}

function published(
  { revision, publishedBy, anew }: Extract<Event, { readonly type: "policy.published" }>,
  at: Instant,
  state: RecordsById,
): readonly RecordChange[] {
  const before = state.revision(revision);
  // Published again by somebody, who answers for it from now on.
  if (before !== undefined) {
    const proposed = anew === true && !before.active ? { publishedAt: at, activatedAt: null } : {};
    return [put("revisions", revision, { ...before, publishedBy, ...proposed })];
  }
  return [
    put("revisions", revision, {
      id: revision,
      publishedAt: at,
      publishedBy,
      activatedAt: null,
      active: false,
      replaced: null,
    }),
  ];
}

function activated(
  revision: Records["revisions"]["id"],
  at: Instant,
  state: RecordsById,
): readonly RecordChange[] {
  const before = state.activeRevision();
  const next = known(state.revision(revision), revision);
  const changes = [
    put("revisions", revision, { ...next, active: true, activatedAt: at, replaced: before?.id ?? null }),
  ];
  if (before !== undefined && before.id !== revision)
    changes.push(put("revisions", before.id, { ...before, active: false }));
  return changes;
}

function usedUp(use: FactorUse, at: Instant, state: RecordsById): readonly RecordChange[] {
  const factor = known(state.factor(use.factor), use.factor);
  const { evidence } = factor;
  return [
    put("factors", factor.id, {
      ...factor,
      usedAt: at,
      counter: Math.max(factor.counter, use.counter),
      spent: use.spends === null ? factor.spent : [...factor.spent, use.spends],
      evidence:
        evidence === null || use.backedUp === null ? evidence : { ...evidence, backedUp: use.backedUp },
    }),
  ];
}

function spent(honours: readonly Honour[], at: Instant, state: RecordsById): readonly RecordChange[] {
  const counts = new Map<OptOutId, number>();
  for (const { optOuts } of honours) for (const id of optOuts) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts].map(([id, count]) => {
    const uses: Uses = { id, used: (state.uses(id)?.used ?? 0) + count, lastAt: at };
    return put("uses", id, uses);
  });
}
