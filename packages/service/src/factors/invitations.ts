import {
  type Factor,
  factorStands,
  formatInstant,
  isEntityName,
  makeId,
  milliseconds,
  plus,
  refuse,
  type SubjectRef,
} from "@postern/core";
import { needPerson, needScope } from "../access.ts";
import { actorOf } from "../caller.ts";
import { draftEntity } from "../entities/entities.ts";
import { problem } from "../problem.ts";
import type { DraftEvent } from "../record/command.ts";
import { hashSecret } from "../seal/secret.ts";
import type { FactorService } from "../service.ts";
import { sessionDraft } from "../sign-in/session-draft.ts";
import { liveFactors } from "./authority.ts";
import { enrolment } from "./enrolment.ts";
import type { FactorParts } from "./factor-parts.ts";

const GOOD_FOR = milliseconds(24 * 3_600_000);
const SECRET = /^[A-Za-z0-9_-]{43}$/;

/** Links by which an account gets its first factor: made by an administrator, good once and for a day. */
export function invitations(
  parts: FactorParts,
): Pick<FactorService, "invite" | "invited" | "acceptInvitation"> {
  const { state, writer, directory, clock, pool, authenticators } = parts;
  const { passwords, party } = authenticators;
  const blindOf = (secret: string): string => directory.blind({ type: "invitation", id: hashSecret(secret) });

  const find = (secret: string): Factor | null => {
    if (!SECRET.test(secret)) return null;
    const factor = state.factorByBlind(blindOf(secret));
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
      const secret = Buffer.from(pool.take(32)).toString("base64url");
      const id = makeId("fac", pool.take(16));
      const by = actorOf(caller);
      const written = await writer.submit({
        by,
        touches: [`entity:${directory.blind(name)}`],
        run(now, at) {
          const existing = directory.find(name);
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
          const events: DraftEvent[] = [
            ...(made === null ? [] : [made.draft.event]),
            ...own.map(
              ({ id: factor }): DraftEvent => ({
                by,
                event: { type: "factor.removed", factor, cause: "replaced" },
              }),
            ),
            enrolment({
              parts,
              id,
              subject,
              at,
              by,
              opened: { label: "", kind: "invitation" },
              more: { expiresAt, blind: blindOf(secret) },
            }),
          ];
          return {
            ok: true,
            value: {
              events,
              keys: made?.draft.keys ?? [],
              done: () => ({ secret, expiresAt: formatInstant(expiresAt) }),
            },
          };
        },
      });
      return written;
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
          const done = { method: "password", at, userVerified: false, deviceBound: false } as const;
          const opened = sessionDraft(parts, subject, [done], at);
          const by = opened.event.by;
          return {
            ok: true,
            value: {
              events: [
                enrolment({ parts, id, subject, at, by, opened: { label: "", kind: "password", hash } }),
                { by, event: { type: "factor.removed", factor: factor.id, cause: "used" } },
                opened.event,
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
