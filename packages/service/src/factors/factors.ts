import {
  type Factor,
  factorStands,
  formatInstant,
  type Instant,
  makeId,
  type ProvenMethod,
  type Result,
  reaches,
  reachOf,
  refuse,
  restsOn,
  rungOf,
  type Session,
  type SubjectRef,
  withMethods,
} from "@postern/core";
import { notFound } from "../access.ts";
import { holderTouch } from "../opt-outs/touches.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Draft, DraftEvent } from "../record/command.ts";
import { makeSecret } from "../seal/secret.ts";
import type { FactorService } from "../service.ts";
import { revocations } from "../sessions/revocations.ts";
import { upstreamBlind } from "../sign-in/upstream.ts";
import { endedWithFactors } from "../states/states.ts";
import type { FactorView } from "../views.ts";
import { levelToChange, liveFactors, mayChangeFactors } from "./authority.ts";
import { type OpenedFactor, openFactor, sealFactor } from "./box.ts";
import { enrolment, labelOf } from "./enrolment.ts";
import type { FactorParts } from "./factor-parts.ts";
import { invitations } from "./invitations.ts";
import { links } from "./links.ts";
import { pendingEnrolments } from "./pending.ts";

export const MOST_FACTORS = 20;

export function factorService(parts: FactorParts): FactorService {
  const { state, writer, directory, clock, world, pool, authenticators } = parts;
  const { passwords, passkeys, codes, party } = authenticators;
  const pending = pendingEnrolments(world);
  const invited = invitations(parts);

  const view = (factor: Factor): FactorView => {
    const opened = openFactor(parts, factor);
    return {
      id: factor.id,
      kind: factor.kind,
      label: opened?.label ?? "",
      enrolledAt: formatInstant(factor.enrolledAt),
      usedAt: factor.usedAt === null ? null : formatInstant(factor.usedAt),
      evidence: factor.evidence,
      left: opened?.kind === "recovery-code" ? opened.codes.hashes.length - factor.spent.length : null,
      issuer: opened?.kind === "upstream" ? opened.issuer : null,
    };
  };
  const nameOf = (subject: SubjectRef): string => directory.name(subject)?.id ?? subject;
  const touchOf = (subject: SubjectRef): string => `entity:${state.entity(subject)?.blind ?? subject}`;

  /** One change of one's own factors: all that it needs is checked when it is recorded. */
  async function change(
    session: Session,
    make: (now: State, at: Instant, own: readonly Factor[]) => Result<readonly DraftEvent[], Problem>,
  ): Promise<Result<null, Problem>> {
    return await writer.submit({
      by: actor(session),
      touches: [touchOf(session.subject), `session:${session.id}`, holderTouch(session.subject)],
      run(now, at): Result<Draft<null>, Problem> {
        const allowed = mayChangeFactors(now, session, at);
        if (!allowed.ok) return allowed;
        const made = make(now, at, liveFactors(now, session.subject, at));
        if (!made.ok) return made;
        const by = actor(session);
        const ended = endedWithFactors({ state: now, policy: parts.policy }, session.subject, made.value, by);
        return { ok: true, value: { events: [...made.value, ...ended], done: () => null } };
      },
    });
  }

  const actor = (session: Session): DraftEvent["by"] => ({ person: session.subject, via: session.id });

  /** Enrols; what it takes the place of goes with it. */
  async function enrol(
    session: Session,
    opened: OpenedFactor,
    more: Partial<Pick<Factor, "counter" | "evidence">> & {
      readonly blind?: string;
      /** What enrolling it proved of it: the session rises by that, under this new handle. */
      readonly proof?: { readonly method: ProvenMethod; readonly handle: string };
    } = {},
  ): Promise<Result<FactorView, Problem>> {
    const id = makeId("fac", pool.take(16));
    const { subject } = session;
    const by = actor(session);
    const done = await change(session, (now, at, own) => {
      const single = opened.kind === "password" || opened.kind === "recovery-code";
      const replaced = single ? own.filter(({ kind }) => kind === opened.kind) : [];
      if (own.length - replaced.length >= MOST_FACTORS)
        return refuse(
          problem("factor.too_many", `expected at most ${MOST_FACTORS} ways to sign in; remove one first`),
        );
      if (more.blind !== undefined && now.factorByBlind(more.blind) !== undefined)
        return refuse(problem("factor.taken", `this ${opened.kind} is enrolled already`));
      const others =
        opened.kind === "password"
          ? now.sessionsOf(subject).filter((one) => one.id !== session.id && one.methods !== undefined)
          : [];
      return {
        ok: true,
        value: [
          enrolment({ parts, id, subject, at, by, opened, more }),
          ...replaced.map(
            ({ id: factor }): DraftEvent => ({
              by,
              event: { type: "factor.removed", factor, cause: "replaced" },
            }),
          ),
          ...(more.proof === undefined
            ? []
            : [rise(now, session, { ...more.proof, method: { ...more.proof.method, factor: id } }, at, by)]),
          // Whoever knew the old password is signed out with it.
          ...revocations(others, by, "person"),
        ],
      };
    });
    if (!done.ok) return done;
    const made = state.factor(id);
    return made === undefined ? notFound("factor", id) : { ok: true, value: view(made) };
  }

  function rise(
    now: State,
    { id }: Session,
    { method, handle }: { readonly method: ProvenMethod; readonly handle: string },
    at: Instant,
    by: DraftEvent["by"],
  ): DraftEvent {
    const session = now.countingSession(id);
    const methods = withMethods(session?.methods ?? [], [method]);
    const rung = rungOf(methods, at);
    if (session === undefined || rung === null) throw new TypeError("a session rises by what was done");
    const { expiresAt } = session;
    return { by, event: { type: "session.raised", session: id, ...rung, expiresAt, handle, methods } };
  }

  const own = (now: State, session: Session, id: string, at: Instant): Factor | null => {
    const factor = now.factor(id);
    return factor !== undefined && factor.subject === session.subject && factorStands(factor, at)
      ? factor
      : null;
  };

  return {
    ...invited,
    ...links(parts),
    async link(session, given) {
      const { issuer, subject, label } = given;
      const opened = { label: labelOf(label), kind: "upstream", issuer, subject } as const;
      return await enrol(session, opened, { blind: upstreamBlind(parts, given) });
    },
    list(session) {
      const at = clock.now().latest;
      return liveFactors(state, session.subject, at)
        .filter(({ kind }) => kind !== "invitation")
        .map(view);
    },
    mayChange(session) {
      const allowed = mayChangeFactors(state, session, clock.now().latest);
      return allowed.ok ? { ok: true, value: null } : allowed;
    },
    levelToChange: (session) => levelToChange(state, session.subject, clock.now().latest),
    async setPassword(session, password) {
      const name = nameOf(session.subject);
      const weak = passwords.weakness(password, [name, party().name]);
      if (weak !== null) return refuse(problem("factor.password", weak));
      const allowed = mayChangeFactors(state, session, clock.now().latest);
      if (!allowed.ok) return allowed;
      const hash = await passwords.hash(password);
      if (hash === null) return refuse(problem("busy", "too many at once; try again in a moment"));
      return await enrol(session, { label: "", kind: "password", hash });
    },
    beginTotp(session) {
      const allowed = mayChangeFactors(state, session, clock.now().latest);
      if (!allowed.ok) return allowed;
      const known = pending.find(session.id, "totp");
      if (known !== null) return { ok: true, value: known };
      const made = codes.make(nameOf(session.subject));
      pending.keep(session.id, "totp", made);
      return { ok: true, value: made };
    },
    async finishTotp(session, { code, label }) {
      // Taken before anything waits: one secret is enrolled once, however often its form is sent.
      const made = pending.take(session.id, "totp");
      if (made === null) return refuse(problem("factor.ended", "begin again: this was open for too long"));
      const step = codes.stepOf(made.secret, code, clock.now().latest);
      if (step === null) {
        pending.keep(session.id, "totp", made);
        return refuse(problem("factor.not_proved", "the code does not fit"));
      }
      const { secret, hash: handle } = makeSecret("pss", pool);
      const at = clock.now().earliest;
      const method = { method: "totp", at, userVerified: false, deviceBound: false } as const;
      const enrolled = await enrol(
        session,
        { label: labelOf(label), kind: "totp", secret: made.secret },
        { counter: step, proof: { method, handle } },
      );
      if (!enrolled.ok) {
        pending.keep(session.id, "totp", made);
        return enrolled;
      }
      const risen = state.session(session.id);
      return risen === undefined
        ? notFound("session", session.id)
        : { ok: true, value: { session: risen, secret, known: null } };
    },
    async beginPasskey(session) {
      const allowed = mayChangeFactors(state, session, clock.now().latest);
      if (!allowed.ok) return allowed;
      const challenge = Buffer.from(pool.take(32)).toString("base64url");
      pending.keep(session.id, "passkey", { challenge });
      const known = liveFactors(state, session.subject, clock.now().latest).flatMap((factor) => {
        const opened = openFactor(parts, factor);
        return opened?.kind === "passkey" ? [opened.passkey] : [];
      });
      const user = { handle: session.subject, name: nameOf(session.subject) };
      return { ok: true, value: await passkeys.creation(party(), { user, challenge, known }) };
    },
    async finishPasskey(session, { response, label }) {
      const begun = pending.take(session.id, "passkey");
      if (begun === null) return refuse(problem("factor.ended", "begin again: this was open for too long"));
      const passkey = await passkeys.enrolled(party(), begun.challenge, response);
      if (passkey === null) return refuse(problem("factor.not_proved", "the passkey could not be checked"));
      const { counter, evidence, credential, publicKey, transports } = passkey;
      return await enrol(
        session,
        { label: labelOf(label), kind: "passkey", passkey: { credential, publicKey, transports } },
        { counter, evidence, blind: directory.blind({ type: "passkey", id: credential }) },
      );
    },
    async makeRecoveryCodes(session) {
      const made = codes.makeRecovery();
      const done = await enrol(session, { label: "", kind: "recovery-code", codes: made.kept });
      return done.ok ? { ok: true, value: made.codes } : done;
    },
    async rename(session, id, label) {
      return await change(session, (now, at) => {
        const factor = own(now, session, id, at);
        const opened = factor === null ? null : openFactor(parts, factor);
        if (factor === null || opened === null) return notFound("factor", id);
        const box = sealFactor(parts, factor.subject, factor.id, { ...opened, label: labelOf(label) });
        const event = { type: "factor.renamed", factor: factor.id } as const;
        return { ok: true, value: [{ by: actor(session), event, parts: { box } }] };
      });
    },
    async remove(session, id) {
      return await change(session, (now, at, all) => {
        const factor = own(now, session, id, at);
        if (factor === null) return notFound("factor", id);
        const rest = all.filter((one) => one.id !== factor.id);
        if (!reaches(reachOf(rest), reachOf(all)))
          return refuse(
            problem("factor.last", "add another way first: without this one the account is less safe"),
          );
        const by = actor(session);
        // Whoever has what was lost is signed out with it.
        const others = now
          .sessionsOf(session.subject)
          .filter((one) => one.id !== session.id && restsOn(one.methods ?? [], factor));
        return {
          ok: true,
          value: [
            { by, event: { type: "factor.removed", factor: factor.id, cause: "person" } },
            ...revocations(others, by, "person"),
          ],
        };
      });
    },
  };
}
