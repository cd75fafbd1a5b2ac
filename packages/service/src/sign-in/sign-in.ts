import { isEntityName, type Result, reaches, refuse, type SubjectRef, sessionIsLive } from "@postern/core";
import type { FactorParts } from "../factors/factor-parts.ts";
import { type Problem, problem } from "../problem.ts";
import type { Draft, DraftEvent } from "../record/command.ts";
import { makeSecret } from "../seal/secret.ts";
import type { SignedIn, SignInService, SignInStep } from "../service.ts";
import { personTouch } from "../sessions/ending.ts";
import { type Attempt, attempts, type Known, type Proof, type Stage, UNKNOWN } from "./attempts.ts";
import { finishing, isFull, wrong } from "./finish.ts";
import { knownCookie, knownDevice } from "./known-device.ts";
import { progressOf } from "./progress.ts";
import { provers } from "./prove.ts";
import { type Trying, throttle } from "./throttle.ts";
import { upstreamAccounts } from "./upstream.ts";

/** Of all that cannot be the name of an account. */
const NO_NAME = "";
const AN_HOUR = 3_600_000;
const MOST_TOLD = 10_000;
/** How far another provider's clock may be behind ours, in milliseconds. */
const SKEW = 30_000;

type Outcome<Value> = Promise<Result<Value, Problem>>;
/** Before its session is being recorded, after which it is over. */
type Going = Attempt & { readonly stage: Exclude<Stage, { readonly kind: "finishing" }> };

export function signInService(parts: FactorParts & { readonly addressIn: string | null }): SignInService {
  const { state, writer, directory, clock, world, pool, authenticators } = parts;
  const listeners = new Set<(carry: string) => void>();
  const open = attempts(world, pool, ({ aim }) => {
    for (const listener of listeners) listener(aim.carry);
  });
  const slowly = throttle(world);
  const elsewhere = upstreamAccounts(parts);
  const prove = provers(parts);
  const progress = progressOf(parts, prove, elsewhere);
  const told = new Map<string, number>();

  const ended = () =>
    refuse(problem("sign-in.ended", "this sign-in was open for too long, or is over; begin again"));
  const slowed = (wait: number) =>
    refuse(problem("sign-in.throttled", `too many tries; wait ${Math.ceil(wait / 1000)} seconds`));

  const going = (secret: string): Going | null => {
    const found = open.find(secret);
    if (found === null || found.stage.kind === "finishing") return null;
    const { aim, stage, shared, begunAt } = found;
    return { aim, stage, shared, begunAt };
  };
  const subjectOf = ({ stage }: Going): SubjectRef | null => (stage.kind === "known" ? stage.subject : null);

  const tryingOf = ({ aim }: Attempt, account: string, subject: SubjectRef | null): Trying => {
    const session = aim.session === null ? undefined : state.countingSession(aim.session);
    const known = subject === null ? null : knownDevice(directory, aim.known, subject);
    const device = session !== undefined && isFull(parts, session) ? session.id : known;
    return { account, network: aim.network, device };
  };

  /** Leaves an entry, once an hour at most about one and the same, and nobody waits for it. */
  const tell = (about: string, event: DraftEvent["event"]): void => {
    const now = world.monotonic();
    if (now - (told.get(about) ?? Number.NEGATIVE_INFINITY) < AN_HOUR) return;
    if (told.size >= MOST_TOLD) told.clear();
    told.set(about, now);
    const draft: DraftEvent = { by: { person: null, via: "system" }, event };
    void writer.submit({
      by: null,
      touches: [],
      run: () => ({ ok: true, value: { events: [draft], done: () => null } }),
    });
  };
  const tellSlower = (slower: boolean, subject: SubjectRef | null): void => {
    if (slower && subject !== null) tell(subject, { type: "sign-in.throttled", subject });
  };

  async function finish(secret: string, attempt: Attempt, known: Known): Outcome<SignInStep> {
    const recording = open.finishing(secret, known);
    if (recording === null) return ended();
    const written = await writer.submit(finishing(parts, elsewhere, progress, attempt, known));
    if (!written.ok) {
      // What could not be used up is not proved either: the person is asked again.
      recording.back(
        attempt.aim.session === null ? UNKNOWN : { ...known, proofs: known.proofs.slice(0, -1) },
      );
      return written;
    }
    open.end(secret);
    const session = state.session(written.value.id);
    if (session === undefined) return ended();
    const { client = null, network } = attempt.aim;
    if (attempt.aim.session === null) void parts.sightings.note(session, { client, network });
    // Not waited for. DANGER: whoever has a password alone must not become usual where the account can show more.
    if (written.value.full) void parts.risk.signedIn(session, { client, network, device: session.device });
    const nonce = Buffer.from(pool.take(16)).toString("base64url");
    const kept = written.value.full ? knownCookie(directory, nonce, known.subject) : null;
    return {
      ok: true,
      value: {
        kind: "done",
        carry: attempt.aim.carry,
        signedIn: { session, secret: written.value.secret, known: kept },
      },
    };
  }

  /** `attempt` as it was when the proof began: where it has moved on meanwhile, the proof says nothing in it. */
  async function proved(
    secret: string,
    attempt: Going,
    subject: SubjectRef,
    proof: Proof,
  ): Outcome<SignInStep> {
    const before = attempt.stage.kind === "known" ? attempt.stage.proofs : [];
    const others = before.filter(({ method }) => method.method !== proof.method.method);
    const known: Known = { kind: "known", subject, proofs: [...others, proof] };
    if (!open.move(secret, attempt.stage, known)) {
      // A form that was sent twice by an impatient press is shown where the first one led; this one counts for nothing.
      const moved = going(secret);
      return moved !== null && subjectOf(moved) === subject
        ? { ok: true, value: { kind: "more", attempt: progress.view(moved) } }
        : ended();
    }
    const moved: Attempt = { ...attempt, stage: known, shared: open.find(secret)?.shared ?? null };
    const at = clock.now().latest;
    const session = attempt.aim.anew === true ? null : progress.sessionOf(moved);
    const enough = progress.isEnough(moved, progress.methods(known.proofs, session), at);
    // A recovery code reaches no higher, but lets its owner in to enrol anew; so does what can reach no higher at all.
    const most =
      proof.method.method === "recovery-code" ||
      (attempt.aim.session === null && !progress.reachable(moved, subject));
    if (enough || most) return await finish(secret, moved, known);
    return { ok: true, value: { kind: "more", attempt: progress.view(moved) } };
  }

  /** The factor that some text proves, for whoever the attempt is about already. */
  async function proveCode(
    secret: string,
    code: string,
    kind: "totp" | "recovery-code",
  ): Outcome<SignInStep> {
    const attempt = going(secret);
    if (attempt === null) return ended();
    const subject = subjectOf(attempt);
    if (subject === null || !progress.ways(attempt).includes(kind)) return wrong();
    const trying = tryingOf(attempt, state.entity(subject)?.blind ?? subject, subject);
    const wait = slowly.wait(trying, "code");
    if (wait > 0) return slowed(wait);
    const counted = slowly.failed(trying, "code");
    const proof = prove.code(subject, kind, code);
    if (proof === null) {
      tellSlower(counted.slower, subject);
      void parts.risk.failed(subject);
      return wrong();
    }
    slowly.succeeded(trying, "code");
    return await proved(secret, attempt, subject, proof);
  }

  /** Whether a passkey must verify its person to be of use: where nothing else that was done would make up for it. */
  const mustVerify = (attempt: Going): boolean => {
    const { target } = progress.view(attempt);
    if (!reaches(target, "aal2")) return false;
    const proofs = attempt.stage.kind === "known" ? attempt.stage.proofs : [];
    const methods = progress.methods(proofs, progress.sessionOf(attempt));
    return reaches(target, "aal3") || !methods.some(({ method }) => method === "password");
  };

  return {
    begin(aim, session) {
      const own = session !== null && session.methods !== undefined ? session : null;
      return open.begin({ ...aim, session: own?.id ?? null }, own?.subject ?? null, clock.now().earliest);
    },
    find(secret) {
      const attempt = going(secret);
      return attempt === null ? null : progress.view(attempt);
    },
    saysShared: open.saysShared,
    async password(secret, { name, password }) {
      const attempt = going(secret);
      if (attempt === null) return ended();
      const about = subjectOf(attempt);
      const given = { type: "user", id: name.normalize("NFC").trim() };
      const entity =
        about === null ? (isEntityName(given) ? directory.find(given) : undefined) : state.entity(about);
      const subject = entity?.ref.startsWith("sub_") === true ? (entity.ref as SubjectRef) : null;
      // What is no name is nobody's, and is remembered as one.
      const account = entity?.blind ?? (isEntityName(given) ? directory.blind(given) : NO_NAME);
      const trying = tryingOf(attempt, account, subject);
      const wait = slowly.wait(trying, "password");
      if (wait > 0) return slowed(wait);
      const counted = slowly.failed(trying, "password");
      const proof = await prove.password(subject, password);
      if (proof === "busy") {
        counted.takeBack();
        return refuse(problem("busy", "too many at once; try again in a moment"));
      }
      if (proof === null || subject === null) {
        tellSlower(counted.slower, subject);
        if (subject !== null) void parts.risk.failed(subject);
        return wrong();
      }
      slowly.succeeded(trying, "password");
      return await proved(secret, attempt, subject, proof);
    },
    code: (secret, code) => proveCode(secret, code, "totp"),
    recoveryCode: (secret, code) => proveCode(secret, code, "recovery-code"),
    async passkeyRequest(secret) {
      const attempt = going(secret);
      if (attempt === null) return ended();
      const challenge = Buffer.from(pool.take(32)).toString("base64url");
      if (!open.challenge(secret, challenge)) return ended();
      const subject = subjectOf(attempt);
      const known = subject === null ? [] : prove.passkeysOf(subject);
      const asked = { challenge, known, verify: mustVerify(attempt) };
      return { ok: true, value: await authenticators.passkeys.request(authenticators.party(), asked) };
    },
    async passkey(secret, response) {
      const attempt = going(secret);
      if (attempt === null) return ended();
      const challenge = open.takeChallenge(secret);
      if (challenge === null) return wrong();
      const found = await prove.passkey(subjectOf(attempt), challenge, response);
      return found === null ? wrong() : await proved(secret, attempt, found.subject, found.proof);
    },
    async upstream(secret, given) {
      const attempt = going(secret);
      if (attempt === null) return ended();
      // A sign-in that must be new is not one that was there before; clocks may differ a little.
      if (attempt.aim.anew === true && given.authTime < attempt.begunAt - SKEW) return wrong();
      const about = subjectOf(attempt);
      const factor = elsewhere.find(given) ?? (about === null ? await elsewhere.open(given) : null);
      if (factor === null) return refuse(problem("sign-in.unknown_upstream", "no account belongs to it"));
      if (about !== null && about !== factor.subject) return wrong();
      const use = { factor: factor.id, counter: 0, spends: null, backedUp: null };
      const method = elsewhere.proof(factor, given);
      const { endsAt, states, address } = given;
      return await proved(secret, attempt, factor.subject, {
        method,
        use,
        said: { endsAt, states, address },
      });
    },
    upstreamEnded: (given) => elsewhere.ended(given),
    async handle(session) {
      const fresh = makeSecret("pss", pool);
      const written = await writer.submit({
        by: { person: session.subject, via: session.id },
        touches: [`session:${session.id}`],
        alsoTouches: (now) => personTouch(now, session.id),
        run(now, at): Result<Draft<SignedIn["session"]["id"]>, Problem> {
          const one = now.countingSession(session.id);
          if (one === undefined || one.methods === undefined || !sessionIsLive(one, at))
            return refuse(problem("session.ended", "the session has ended; sign in again"));
          const { id, acr, amr, authTime, expiresAt, methods } = one;
          const event: DraftEvent = {
            by: { person: one.subject, via: id },
            event: {
              type: "session.raised",
              session: id,
              acr,
              amr,
              authTime,
              expiresAt,
              handle: fresh.hash,
              methods,
            },
          };
          return { ok: true, value: { events: [event], done: () => id } };
        },
      });
      return written.ok ? { ok: true, value: fresh.secret } : written;
    },
    tokenReused(id) {
      const session = state.session(id);
      if (session === undefined) return;
      const { subject } = session;
      tell(session.id, { type: "sign-in.token-reused", subject, session: session.id });
    },
    end(secret) {
      open.end(secret);
    },
    onAbandoned(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
