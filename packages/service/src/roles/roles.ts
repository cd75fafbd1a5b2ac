import {
  type ActId,
  type EntityName,
  formatInstant,
  isEntityName,
  isRole,
  makeId,
  type Result,
  type RoleGrant,
  type RoleId,
  refuse,
  roleRules,
  SCOPES_OF_ROLE,
  type SubjectRef,
} from "@postern/core";
import { needPerson, needScope, notFound } from "../access.ts";
import { actorOf, type Caller, personOf } from "../caller.ts";
import type { ControlClock } from "../clock/control-clock.ts";
import type { EntityParts } from "../entities/entities.ts";
import type { FactorParts } from "../factors/factor-parts.ts";
import { draftInvitation, invitationSecret } from "../factors/invitations.ts";
import { holderTouch } from "../opt-outs/touches.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";
import type { RoleService } from "../service.ts";
import { aloneMark, others, requestedAct, waitingFor } from "../unreviewed/second-person.ts";
import { actView } from "../unreviewed/unreviewed.ts";
import type { RoleView } from "../views.ts";
import {
  type Bootstrap,
  bootstrappable,
  bootstrapTouches,
  isBootstrapSecret,
  notTheSecret,
} from "./bootstrap.ts";
import { grantCounts, mayHold } from "./held-roles.ts";
import { operatorOf } from "./operator.ts";

interface Made {
  readonly grant: RoleGrant;
  /** The act that waits for a second person; null: the role is held. */
  readonly act: ActId | null;
}

/** Who may run the deployment, by what they are to it. What a role lets somebody do is looked up at every call. */
export function roleService(
  parts: EntityParts &
    Bootstrap & {
      readonly clock: ControlClock;
      /** Null: nobody signs in here. */
      readonly factors: FactorParts | null;
    },
): RoleService {
  const { state, writer, directory, pool } = parts;

  const view = (grant: RoleGrant, waits = false): RoleView => ({
    id: grant.id,
    person: directory.name(grant.person) ?? { type: "erased", id: grant.person },
    role: grant.role,
    scopes: SCOPES_OF_ROLE[grant.role],
    grantedAt: formatInstant(grant.grantedAt),
    state: waits
      ? "waiting"
      : grant.revokedAt !== null
        ? "revoked"
        : grantCounts(state, grant)
          ? "held"
          : "suspended",
  });
  const grantOf = (person: SubjectRef, role: RoleGrant["role"], at: RoleGrant["grantedAt"]): RoleGrant => ({
    id: makeId("rol", pool.take(16)),
    person,
    role,
    grantedAt: at,
    revokedAt: null,
  });

  /** A role that rules takes two persons, whoever it is for (Law 9). */
  function granted(
    caller: Caller,
    grant: RoleGrant,
    now: State,
  ): Result<Made & { event: DraftEvent | null }, Problem> {
    const person = needPerson(caller);
    if (!person.ok) return person;
    const by = actorOf(caller);
    const at = grant.grantedAt;
    if (!roleRules(grant.role))
      return { ok: true, value: { grant, act: null, event: { by, event: { type: "role.granted", grant } } } };
    if (others(now, person.value, [], at).size === 0) {
      const event: DraftEvent["event"] = { type: "role.granted", grant, ...aloneMark(person.value, pool) };
      return { ok: true, value: { grant, act: null, event: { by, event } } };
    }
    const same = waitingFor(
      now.acts(),
      person.value,
      (what) => what.kind === "role" && what.grant.person === grant.person && what.grant.role === grant.role,
      now,
      at,
    );
    if (same?.by === person.value && same.what.kind === "role")
      return { ok: true, value: { grant: same.what.grant, act: same.id, event: null } };
    const act = requestedAct({ kind: "role", grant }, person.value, at, pool);
    return { ok: true, value: { grant, act: act.id, event: { by, event: { type: "act.requested", act } } } };
  }

  return {
    of: (session) => operatorOf(session, state),
    async list(caller) {
      const allowed = needScope(caller, "admin", "ledger.read");
      if (!allowed.ok) return allowed;
      const held = [...state.roles()].sort((a, b) => b.grantedAt - a.grantedAt);
      return { ok: true, value: held.map((grant) => view(grant)) };
    },
    held: (caller) => {
      const person = personOf(caller);
      return person === null
        ? []
        : state
            .rolesOf(person)
            .filter((grant) => grantCounts(state, grant))
            .map((grant) => view(grant));
    },
    async grant(caller, given) {
      const allowed = needScope(caller, "admin");
      if (!allowed.ok) return allowed;
      if (!isEntityName(given.person) || !isRole(given.role))
        return refuse(problem("request.wrong_type", "expected a person and one of the roles"));
      const { role } = given;
      const written = await writer.submit<Made>({
        by: actorOf(caller),
        touches: [`entity:${directory.blind(given.person)}`],
        alsoTouches() {
          const ref = directory.find(given.person)?.ref;
          return ref === undefined ? [] : [holderTouch(ref)];
        },
        run(now, at) {
          const person = directory.find(given.person)?.ref;
          if (person === undefined || !person.startsWith("sub_"))
            return refuse(problem("role.person", "there is no such person"));
          const grant = grantOf(person as SubjectRef, role, at);
          const grantable = mayHold(now, grant, at);
          if (!grantable.ok) return grantable;
          const made = granted(caller, grant, now);
          if (!made.ok) return made;
          const { event, ...value } = made.value;
          return { ok: true, value: { events: event === null ? [] : [event], done: () => value } };
        },
      });
      if (!written.ok) return written;
      const { grant, act } = written.value;
      const waiting = act === null ? undefined : state.act(act);
      if (waiting !== undefined)
        return { ok: true, value: { role: view(grant, true), waits: actView(waiting, parts) } };
      return { ok: true, value: { role: view(state.role(grant.id) ?? grant) } };
    },
    async revoke(caller, id) {
      const allowed = needScope(caller, "admin");
      if (!allowed.ok) return allowed;
      const written = await writer.submit({
        by: actorOf(caller),
        touches: [`role:${id}`],
        // Whoever acts in it does so before or after, never beside.
        alsoTouches(now) {
          const grant = now.role(id);
          return grant === undefined ? [] : [holderTouch(grant.person)];
        },
        run(now) {
          const grant = now.role(id);
          if (grant === undefined) return notFound("role", id);
          const event: DraftEvent = {
            by: actorOf(caller),
            event: { type: "role.revoked", grant: grant.id, cause: "operator" },
          };
          return { ok: true, value: { events: grant.revokedAt === null ? [event] : [], done: () => null } };
        },
      });
      const grant = state.role(id);
      return !written.ok
        ? written
        : grant === undefined
          ? notFound("role", id)
          : { ok: true, value: view(grant) };
    },
    async bootstrap(secret: string, name: EntityName) {
      if (!isBootstrapSecret(secret, parts)) return notTheSecret();
      const { factors } = parts;
      if (factors === null)
        return refuse(problem("role.person", "nobody signs in to this deployment: begin with a token"));
      if (!isEntityName(name) || !parts.subjectTypes.has(name.type))
        return refuse(problem("entity.name", "expected a person such as user `ben`"));
      const invitation = invitationSecret(pool);
      const written = await writer.submit<{ readonly id: RoleId; readonly expiresAt: string }>({
        by: null,
        touches: ["bootstrap", `entity:${directory.blind(name)}`],
        alsoTouches: bootstrapTouches,
        run(now, at) {
          const by = { person: null, via: "system" } as const;
          const known = (directory.find(name)?.ref ?? null) as SubjectRef | null;
          const replaced = bootstrappable(now, known, parts);
          if (!replaced.ok) return replaced;
          const invited = draftInvitation(factors, { by, name, secret: invitation }, now, at);
          if (!invited.ok) return invited;
          const { subject, events, keys, expiresAt } = invited.value;
          const before = now
            .rolesOf(subject)
            .find((one) => one.role === "administrator" && one.revokedAt === null);
          const grant = before ?? grantOf(subject, "administrator", at);
          const made: readonly DraftEvent[] =
            before === undefined ? [{ by, event: { type: "role.granted", grant } }] : [];
          return {
            ok: true,
            value: {
              events: [...replaced.value, ...events, ...made],
              keys,
              done: () => ({ id: grant.id, expiresAt: formatInstant(expiresAt) }),
            },
          };
        },
      });
      if (!written.ok) return written;
      const { id, expiresAt } = written.value;
      const grant = state.role(id);
      return grant === undefined
        ? notFound("role", id)
        : { ok: true, value: { role: view(grant), invitation: { secret: invitation, expiresAt } } };
    },
  };
}
