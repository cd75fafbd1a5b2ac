import {
  type Assurance,
  earlier,
  type Factor,
  factorStands,
  type Instant,
  type Method,
  milliseconds,
  NIST_LIMITS,
  type ProvenMethod,
  type Result,
  reaches,
  reachOf,
  refuse,
  rungOf,
  type Session,
  type SubjectRef,
  sessionIsLive,
  standingOf,
  stricter,
  within,
  withMethods,
} from "@postern/core";
import { liveFactors } from "../factors/authority.ts";
import { type OpenedFactor, openFactor } from "../factors/box.ts";
import type { FactorParts } from "../factors/factor-parts.ts";
import { holderTouch } from "../opt-outs/touches.ts";
import type { RelyingParty, StoredPasskey } from "../ports/passkey.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Draft, DraftEvent } from "../record/command.ts";
import { makeSecret } from "../seal/secret.ts";
import type { AttemptView, SignedIn, SignInService, SignInStep } from "../service.ts";
import { markTouches, tick } from "../sessions/marking.ts";
import { type Attempt, attempts, type Proof } from "./attempts.ts";
import { sessionDraft } from "./session-draft.ts";
import { type Trying, throttle } from "./throttle.ts";
import { upstreamAccounts } from "./upstream.ts";

const AN_HOUR = 3_600_000;
const MOST_TOLD = 10_000;
/** How far another provider's clock may be behind ours, in milliseconds. */
const SKEW = 30_000;

type Outcome<Value> = Promise<Result<Value, Problem>>;
type Opened = Extract<OpenedFactor, { readonly kind: Method }>;

export function signInService(parts: FactorParts): SignInService {
  const { state, writer, directory, clock, world, pool, authenticators } = parts;
  const { passwords, passkeys, codes, party } = authenticators;
  const listeners = new Set<(carry: string) => void>();
  const open = attempts(world, pool, ({ aim }) => {
    for (const listener of listeners) listener(aim.carry);
  });
  const slowly = throttle(world);
  const elsewhere = upstreamAccounts(parts);
  const told = new Map<SubjectRef, number>();
  const upstreamReaches = (issuers: readonly string[], wanted: Assurance): boolean =>
    issuers.some((issuer) => reaches(authenticators.upstreamReach?.(issuer) ?? "none", wanted));

  const ended = () =>
    refuse(problem("sign-in.ended", "this sign-in was open for too long, or is over; begin again"));
  /** One answer for everything that could be wrong, so that it tells nothing of who has an account. */
  const wrong = () => refuse(problem("sign-in.wrong", "that does not fit; check it and try again"));
  const slowed = (wait: number) =>
    refuse(problem("sign-in.throttled", `too many tries; wait ${Math.ceil(wait / 1000)} seconds`));

  const opened = (subject: SubjectRef): readonly (readonly [Factor, Opened])[] =>
    liveFactors(state, subject, clock.now().latest).flatMap(
      (factor): readonly (readonly [Factor, Opened])[] => {
        const one = openFactor(parts, factor);
        return one === null || one.kind === "invitation" ? [] : [[factor, one]];
      },
    );

  const knownMac = (nonce: string, subject: SubjectRef): string =>
    directory.blind({ type: "known-device", id: `${nonce} ${subject}` });
  /** The device, where it signed in to this account before. */
  const deviceOf = ({ aim }: Attempt, subject: SubjectRef | null): string | null => {
    const [nonce = "", mac = ""] = (aim.known ?? "").split(".");
    return subject !== null && nonce.length === 22 && mac === knownMac(nonce, subject) ? nonce : null;
  };
  const tryingOf = (attempt: Attempt, account: string, subject: SubjectRef | null): Trying => ({
    account,
    network: attempt.aim.network,
    device: attempt.aim.session ?? deviceOf(attempt, subject),
  });

  /** An account that is slowed down leaves an entry, once an hour at most, and nobody waits for it. */
  const tell = (slower: boolean, subject: SubjectRef | null): void => {
    if (!slower || subject === null) return;
    const now = world.monotonic();
    if (now - (told.get(subject) ?? Number.NEGATIVE_INFINITY) < AN_HOUR) return;
    if (told.size >= MOST_TOLD) told.clear();
    told.set(subject, now);
    const event: DraftEvent = {
      by: { person: null, via: "system" },
      event: { type: "sign-in.throttled", subject },
    };
    void writer.submit({
      by: null,
      touches: [],
      run: () => ({ ok: true, value: { events: [event], done: () => null } }),
    });
  };

  /** By the earliest that it can be, so that it is never newer than it is. */
  const proven = (method: Method): ProvenMethod => ({
    method,
    at: clock.now().earliest,
    userVerified: false,
    deviceBound: false,
  });

  const sessionOf = ({ aim }: Attempt): Session | null =>
    aim.session === null ? null : (state.countingSession(aim.session) ?? null);

  /** What must be reached: with a limit of age, never less than the session says already, or the two would differ. */
  const targetOf = (attempt: Attempt, at: Instant): Assurance => {
    const { wanted, maxAge } = attempt.aim;
    const session = sessionOf(attempt);
    const least = stricter(wanted, "aal1");
    return maxAge === null || session === null ? least : stricter(least, standingOf(session, at).acr);
  };
  const isEnough = (attempt: Attempt, methods: readonly ProvenMethod[], at: Instant): boolean => {
    const { maxAge } = attempt.aim;
    const rung = rungOf(methods, at, maxAge === null ? NIST_LIMITS : within(milliseconds(maxAge + 1)));
    return rung !== null && reaches(rung.acr, targetOf(attempt, at));
  };
  const methodsOf = (attempt: Attempt, session: Session | null): readonly ProvenMethod[] =>
    withMethods(
      session?.methods ?? [],
      attempt.proven.map(({ method }) => method),
    );

  /** What would bring the attempt further. */
  const waysOf = (attempt: Attempt): readonly Method[] => {
    const { subject } = attempt;
    if (subject === null) return ["password", "passkey", "upstream"];
    const done = new Set(attempt.proven.map(({ method }) => method.method));
    const has = new Set(opened(subject).map(([{ kind }]) => kind));
    return (["passkey", "password", "totp", "recovery-code", "upstream"] as const).filter((method) => {
      if (!has.has(method) || done.has(method)) return false;
      return method !== "recovery-code" || has.has("totp") || has.has("passkey");
    });
  };

  const viewOf = (attempt: Attempt): AttemptView => {
    const { aim, subject } = attempt;
    const target = targetOf(attempt, clock.now().latest);
    const reach = subject === null ? null : reachOf(liveFactors(state, subject, clock.now().latest));
    const linked = subject === null ? [] : elsewhere.issuersOf(subject);
    return {
      purpose: aim.session === null ? "sign-in" : "step-up",
      target,
      maxAge: aim.maxAge,
      name: subject === null ? null : (directory.name(subject)?.id ?? null),
      proven: attempt.proven.map(({ method }) => method.method),
      ways: waysOf(attempt),
      reachable: reach === null || reaches(reach, target) || upstreamReaches(linked, target),
      linked: subject === null ? null : linked,
      anew: aim.anew === true,
      carry: aim.carry,
      asksShared: attempt.shared === null && (sessionOf(attempt)?.shared ?? null) === null,
    };
  };

  /** What an operator says of the network outweighs what was ticked. */
  const sharedOf = ({ aim, shared }: Attempt): boolean | null =>
    directory.find({ type: "network", id: aim.network })?.shared === true ? true : shared;

  /** Opens or raises the session, and uses up what it rests on, in one commit. */
  async function finish(secret: string, attempt: Attempt, subject: SubjectRef): Outcome<SignInStep> {
    const fresh = makeSecret("pss", pool);
    const blind = state.entity(subject)?.blind ?? subject;
    const written = await writer.submit<{ readonly id: string; readonly secret: string }>({
      by: null,
      touches: [
        `entity:${blind}`,
        // What another provider says of states may end opt-outs.
        ...(attempt.proven.some(({ said }) => said !== undefined) ? [holderTouch(subject)] : []),
        ...(attempt.aim.session === null ? [] : [`session:${attempt.aim.session}`]),
      ],
      alsoTouches: (now) => (attempt.aim.session === null ? [] : markTouches(now, attempt.aim.session)),
      run(now, at): Result<Draft<{ readonly id: string; readonly secret: string }>, Problem> {
        const entity = now.entity(subject);
        if (entity === undefined || entity.deletedAt !== null) return wrong();
        for (const { use } of attempt.proven) if (!usable(now, use, at)) return wrong();
        const { session: id } = attempt.aim;
        const session = id === null ? null : (now.countingSession(id) ?? null);
        if (id !== null && (session === null || session.subject !== subject || !sessionIsLive(session, at)))
          return refuse(problem("session.ended", "the session has ended; sign in again"));
        const methods = methodsOf(attempt, session);
        const rung = rungOf(methods, at);
        if (rung === null) return wrong();
        const ends = endOf(attempt.proven);
        if (ends !== null && ends <= at) return wrong();
        const shared = sharedOf(attempt);
        const begun = session === null ? sessionDraft(parts, subject, methods, at, shared, ends) : null;
        const to = session?.id ?? begun?.id ?? null;
        const by: DraftEvent["by"] = { person: subject, via: to ?? "system" };
        const uses = attempt.proven.map(
          ({ use }): DraftEvent => ({ by, event: { type: "factor.used", use, session: to } }),
        );
        const said = attempt.proven.flatMap((proof) => proof.said ?? []);
        for (const { states } of said) uses.push(...elsewhere.statesSaid(now, entity, states, by, at));
        if (begun !== null)
          return {
            ok: true,
            value: { events: [begun.event, ...uses], done: () => ({ id: begun.id, secret: begun.secret }) },
          };
        if (session === null) return wrong();
        const raised: DraftEvent = {
          by,
          event: {
            type: "session.raised",
            session: session.id,
            ...rung,
            expiresAt: ends === null ? session.expiresAt : earlier(ends, session.expiresAt),
            handle: fresh.hash,
            methods,
          },
        };
        return {
          ok: true,
          value: {
            events: [...uses, raised, ...tick(now, session, shared, by)],
            done: () => ({ id: session.id, secret: fresh.secret }),
          },
        };
      },
    });
    if (!written.ok) {
      // What could not be used up is not proved either: the person is asked again.
      attempt.proven = attempt.aim.session === null ? [] : attempt.proven.slice(0, -1);
      if (attempt.aim.session === null) attempt.subject = null;
      return written;
    }
    open.end(secret);
    const session = state.session(written.value.id);
    if (session === undefined) return ended();
    const { client = null, network } = attempt.aim;
    // Never waited for: what is remembered of a sign-in is no part of it.
    void parts.risk.signedIn(subject, { client, network, device: session.device });
    const nonce = Buffer.from(pool.take(16)).toString("base64url");
    const known = `${nonce}.${knownMac(nonce, subject)}`;
    return {
      ok: true,
      value: {
        kind: "done",
        carry: attempt.aim.carry,
        signedIn: { session, secret: written.value.secret, known },
      },
    };
  }

  async function proved(
    secret: string,
    attempt: Attempt,
    subject: SubjectRef,
    proof: Proof,
  ): Outcome<SignInStep> {
    attempt.subject = subject;
    attempt.proven = [...attempt.proven.filter(({ method }) => method.method !== proof.method.method), proof];
    const at = clock.now().latest;
    const before = attempt.aim.anew === true ? null : sessionOf(attempt);
    const methods = methodsOf(attempt, before);
    const enough = isEnough(attempt, methods, at);
    // A recovery code reaches no higher, but lets its owner in to enrol anew; so does what can reach no higher at all.
    const most =
      proof.method.method === "recovery-code" || (attempt.aim.session === null && !viewOf(attempt).reachable);
    if (enough || most) return await finish(secret, attempt, subject);
    return { ok: true, value: { kind: "more", attempt: viewOf(attempt) } };
  }

  /** The factor that some text proves, for whoever the attempt is about already. */
  async function proveCode(
    secret: string,
    code: string,
    kind: "totp" | "recovery-code",
  ): Outcome<SignInStep> {
    const attempt = open.find(secret);
    if (attempt === null) return ended();
    const { subject } = attempt;
    if (subject === null || !waysOf(attempt).includes(kind)) return wrong();
    const trying = tryingOf(attempt, state.entity(subject)?.blind ?? subject, subject);
    const wait = slowly.wait(trying, "code");
    if (wait > 0) return slowed(wait);
    const at = clock.now().latest;
    for (const [factor, one] of opened(subject)) {
      if (one.kind === "totp" && kind === "totp") {
        const step = codes.stepOf(one.secret, code, at);
        if (step === null || step <= factor.counter) continue;
        return await proved(secret, attempt, subject, {
          method: proven("totp"),
          use: { factor: factor.id, counter: step, spends: null, backedUp: null },
        });
      }
      if (one.kind === "recovery-code" && kind === "recovery-code") {
        const position = codes.positionOf(one.codes, code);
        if (position === null || factor.spent.includes(position)) continue;
        return await proved(secret, attempt, subject, {
          method: proven("recovery-code"),
          use: { factor: factor.id, counter: factor.counter + 1, spends: position, backedUp: null },
        });
      }
    }
    tell(slowly.failed(trying, "code"), subject);
    void parts.risk.failed(subject);
    return wrong();
  }

  return {
    begin(aim, session) {
      const own = session !== null && session.methods !== undefined ? session : null;
      return open.begin({ ...aim, session: own?.id ?? null }, own?.subject ?? null, clock.now().earliest);
    },
    find(secret) {
      const attempt = open.find(secret);
      return attempt === null ? null : viewOf(attempt);
    },
    saysShared(secret, shared) {
      const attempt = open.find(secret);
      // Once said, it is not taken back in the same attempt.
      if (attempt !== null && attempt.shared !== true) attempt.shared = shared;
    },
    async password(secret, { name, password }) {
      const attempt = open.find(secret);
      if (attempt === null) return ended();
      const about = attempt.subject;
      const given = { type: "user", id: name.normalize("NFC").trim() };
      const entity = about === null ? directory.find(given) : state.entity(about);
      const subject = entity?.ref.startsWith("sub_") === true ? (entity.ref as SubjectRef) : null;
      const account = entity?.blind ?? directory.blind(given);
      const trying = tryingOf(attempt, account, subject);
      const wait = slowly.wait(trying, "password");
      if (wait > 0) return slowed(wait);
      const found = subject === null ? undefined : opened(subject).find(([, one]) => one.kind === "password");
      const stored = found?.[1];
      const slower = slowly.failed(trying, "password");
      const fits = await passwords.matches(stored?.kind === "password" ? stored.hash : null, password);
      if (fits === null) return refuse(problem("busy", "too many at once; try again in a moment"));
      if (!fits || subject === null || found === undefined) {
        tell(slower, subject);
        if (subject !== null) void parts.risk.failed(subject);
        return wrong();
      }
      slowly.succeeded(trying);
      return await proved(secret, attempt, subject, {
        method: proven("password"),
        use: { factor: found[0].id, counter: 0, spends: null, backedUp: null },
      });
    },
    code: (secret, code) => proveCode(secret, code, "totp"),
    recoveryCode: (secret, code) => proveCode(secret, code, "recovery-code"),
    async passkeyRequest(secret) {
      const attempt = open.find(secret);
      if (attempt === null) return ended();
      attempt.challenge = Buffer.from(pool.take(32)).toString("base64url");
      const known: StoredPasskey[] =
        attempt.subject === null
          ? []
          : opened(attempt.subject).flatMap(([, one]) => (one.kind === "passkey" ? [one.passkey] : []));
      return { ok: true, value: await passkeys.request(party(), { challenge: attempt.challenge, known }) };
    },
    async passkey(secret, response) {
      const attempt = open.find(secret);
      if (attempt === null) return ended();
      const { challenge } = attempt;
      attempt.challenge = null;
      const credential = passkeys.credentialOf(response);
      const factor =
        credential === null
          ? undefined
          : state.factorByBlind(directory.blind({ type: "passkey", id: credential }));
      if (challenge === null || factor === undefined || !factorStands(factor, clock.now().latest))
        return wrong();
      const one = openFactor(parts, factor);
      if (one?.kind !== "passkey") return wrong();
      // A passkey of somebody else proves nothing about the person that this is about.
      if (attempt.subject !== null && attempt.subject !== factor.subject) return wrong();
      const asker: RelyingParty = party();
      const used = await passkeys.used(
        asker,
        challenge,
        { ...one.passkey, counter: factor.counter },
        response,
      );
      if (used === null) return wrong();
      const { userVerified, deviceBound, counter, backedUp } = used;
      return await proved(secret, attempt, factor.subject, {
        method: { ...proven("passkey"), userVerified, deviceBound },
        use: { factor: factor.id, counter, spends: null, backedUp },
      });
    },
    async upstream(secret, given) {
      const attempt = open.find(secret);
      if (attempt === null) return ended();
      // A sign-in that must be new is not one that was there before; clocks may differ a little.
      if (attempt.aim.anew === true && given.authTime < attempt.begunAt - SKEW) return wrong();
      const factor = elsewhere.find(given) ?? (attempt.subject === null ? await elsewhere.open(given) : null);
      if (factor === null) return refuse(problem("sign-in.unknown_upstream", "no account belongs to it"));
      if (attempt.subject !== null && attempt.subject !== factor.subject) return wrong();
      const use = { factor: factor.id, counter: 0, spends: null, backedUp: null };
      const method = elsewhere.proof(factor, given);
      const { endsAt, states } = given;
      return await proved(secret, attempt, factor.subject, { method, use, said: { endsAt, states } });
    },
    upstreamEnded: (given) => elsewhere.ended(given),
    async handle(session) {
      const fresh = makeSecret("pss", pool);
      const written = await writer.submit({
        by: { person: session.subject, via: session.id },
        touches: [`session:${session.id}`],
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
              expiresAt: earlier(expiresAt, one.expiresAt),
              handle: fresh.hash,
              methods,
            },
          };
          return { ok: true, value: { events: [event], done: () => id } };
        },
      });
      return written.ok ? { ok: true, value: fresh.secret } : written;
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

/** The earliest end that was said of what a session rests on. */
function endOf(proven: readonly Proof[]): Instant | null {
  return proven.reduce<Instant | null>((end, { said }) => {
    const one = said?.endsAt ?? null;
    return one === null ? end : end === null ? one : earlier(end, one);
  }, null);
}

/** Whether a proof is still good when it is recorded: good once, on all nodes together. */
function usable(now: State, use: Proof["use"], at: Instant): boolean {
  const factor = now.factor(use.factor);
  if (factor === undefined || !factorStands(factor, at)) return false;
  switch (factor.kind) {
    case "totp":
      return use.counter > factor.counter;
    case "recovery-code":
      return use.spends !== null && !factor.spent.includes(use.spends);
    case "passkey":
      // Many passkeys do not count: their challenge alone is what is good once.
      return use.counter > factor.counter || (use.counter === 0 && factor.counter === 0);
    case "password":
    // The answer that carried it was good once.
    case "upstream":
      return true;
    case "invitation":
      return false;
    default:
      return factor.kind satisfies never;
  }
}
