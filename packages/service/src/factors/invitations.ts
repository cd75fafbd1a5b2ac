import {
  type Actor,
  type EntityName,
  type Factor,
  factorStands,
  formatInstant,
  type Instant,
  isEntityName,
  makeId,
  milliseconds,
  plus,
  type Result,
  refuse,
  type SubjectRef,
} from "@postern/core";
import { needPerson, needScope } from "../access.ts";
import { actorOf } from "../caller.ts";
import { draftEntity } from "../entities/entities.ts";
import type { WrappedKey } from "../ports/store.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";
import type { RandomPool } from "../seal/box.ts";
import { hashSecret } from "../seal/secret.ts";
import type { FactorService } from "../service.ts";
import { makeRoom } from "../sessions/concurrency.ts";
import { sessionDraft } from "../sign-in/session-draft.ts";
import { accountStanding } from "../states/account-standing.ts";
import { liveFactors } from "./authority.ts";
import { enrolment } from "./enrolment.ts";
import type { FactorParts } from "./factor-parts.ts";

const GOOD_FOR = milliseconds(24 * 3_600_000);
const SECRET = /^[A-Za-z0-9_-]{43}$/;

export function invitationSecret(pool: RandomPool): string {
  return Buffer.from(pool.take(32)).toString("base64url");
}

function blindOf({ directory }: Pick<FactorParts, "directory">, secret: string): string {
  return directory.blind({ type: "invitation", id: hashSecret(secret) });
}

/** The account, where there is none yet, and a link to it in place of those before. */
export function draftInvitation(
  parts: FactorParts,
  { by, name, secret }: { readonly by: Actor; readonly name: EntityName; readonly secret: string },
  now: State,
  at: Instant,
): Result<
  {
    readonly subject: SubjectRef;
    readonly events: readonly DraftEvent[];
    readonly keys: readonly WrappedKey[];
    readonly expiresAt: Instant;
  },
  Problem
> {
  const existing = parts.directory.find(name);
  const made =
    existing === undefined
      ? draftEntity(parts, by, name, { attributes: {}, states: {}, shared: null }, undefined)
      : null;
  const subject = (existing?.ref ?? made?.ref) as SubjectRef;
  const own = liveFactors(now, subject, at);
  // DANGER: whoever holds the link becomes this person, so an account in use is never invited.
  if (own.some(({ kind }) => kind !== "invitation"))
    return refuse(
      problem("account.enrolled", "the account has a way to sign in; an invitation is for a new one"),
    );
  const expiresAt = plus(at, GOOD_FOR);
  return {
    ok: true,
    value: {
      subject,
      events: [
        ...(made === null ? [] : [made.draft.event]),
        ...own.map(
          ({ id: factor }): DraftEvent => ({
            by,
            event: { type: "factor.removed", factor, cause: "replaced" },
          }),
        ),
        enrolment({
          parts,
          id: makeId("fac", parts.pool.take(16)),
          subject,
          at,
          by,
          opened: { label: "", kind: "invitation" },
          more: { expiresAt, blind: blindOf(parts, secret) },
        }),
      ],
      keys: made?.draft.keys ?? [],
      expiresAt,
    },
  };
}

/** Links by which an account gets its first factor: made by an administrator, good once and for a day. */
export function invitations(
  parts: FactorParts,
): Pick<FactorService, "invite" | "invited" | "acceptInvitation"> {
  const { state, writer, directory, clock, pool, authenticators } = parts;
  const { passwords, party } = authenticators;

  const find = (secret: string): Factor | null => {
    if (!SECRET.test(secret)) return null;
    const factor = state.factorByBlind(blindOf(parts, secret));
    return factor !== undefined && factor.kind === "invitation" && factorStands(factor, clock.now().latest)
      ? factor
      : null;
  };
  const spent = () =>
    refuse(
      problem("account.invitation", "this link was used already, or its day is over; ask for a new one"),
    );

  return {
    async invite(caller, name) {
      const allowed = needScope(caller, "admin");
      if (!allowed.ok) return allowed;
      const person = needPerson(caller);
      if (!person.ok) return person;
      if (!isEntityName(name) || !parts.subjectTypes.has(name.type))
        return refuse(problem("entity.name", "expected a person, such as `user` with an id"));
      const secret = invitationSecret(pool);
      const by = actorOf(caller);
      return writer.submit({
        by,
        touches: [`entity:${directory.blind(name)}`],
        run(now, at) {
          const existing = directory.find(name);
          // DANGER: whoever holds the link becomes this person, with whatever is theirs.
          if (existing !== undefined && now.rolesOf(existing.ref).some(({ revokedAt }) => revokedAt === null))
            return refuse(
              problem(
                "role.held",
                "the person holds a role: take it away first, and grant it once they are in",
              ),
            );
          const made = draftInvitation(parts, { by, name, secret }, now, at);
          if (!made.ok) return made;
          const { events, keys, expiresAt } = made.value;
          return {
            ok: true,
            value: { events, keys, done: () => ({ secret, expiresAt: formatInstant(expiresAt) }) },
          };
        },
      });
    },
    invited(secret) {
      const factor = find(secret);
      return factor === null ? null : directory.name(factor.subject);
    },
    async acceptInvitation(secret, { password }) {
      const factor = find(secret);
      const entity = factor === null ? undefined : state.entity(factor.subject);
      const name = factor === null ? null : directory.name(factor.subject);
      if (factor === null || entity === undefined || name === null) return spent();
      const weak = passwords.weakness(password, [name.id, party().name]);
      if (weak !== null) return refuse(problem("factor.password", weak));
      const hash = await passwords.hash(password);
      if (hash === null) return refuse(problem("busy", "too many at once; try again in a moment"));
      const id = makeId("fac", pool.take(16));
      const { subject } = factor;
      const written = await writer.submit({
        by: null,
        touches: [`entity:${entity.blind}`],
        run(now, at) {
          const invitation = now.factor(factor.id);
          if (invitation === undefined || !factorStands(invitation, at)) return spent();
          if (accountStanding(now, subject) !== "stands") return spent();
          const done = {
            method: "password",
            at,
            userVerified: false,
            deviceBound: false,
            factor: id,
          } as const;
          const opened = sessionDraft(parts, subject, [done], at);
          const by = opened.event.by;
          return {
            ok: true,
            value: {
              events: [
                enrolment({ parts, id, subject, at, by, opened: { label: "", kind: "password", hash } }),
                { by, event: { type: "factor.removed", factor: factor.id, cause: "used" } },
                opened.event,
                ...makeRoom(now, parts.policy(), subject, opened.id, at),
              ],
              done: () => ({ session: opened.id, secret: opened.secret }),
            },
          };
        },
      });
      if (!written.ok) return written;
      const session = state.session(written.value.session);
      return session === undefined
        ? spent()
        : { ok: true, value: { session, secret: written.value.secret, known: null } };
    },
  };
}
