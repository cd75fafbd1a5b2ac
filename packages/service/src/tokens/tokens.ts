import {
  type ActId,
  type EntityName,
  formatInstant,
  type Instant,
  isAssurance,
  isEntityName,
  makeId,
  milliseconds,
  parseInstant,
  parseResourcePattern,
  plus,
  type Result,
  refuse,
  type SubjectRef,
  type Token,
  type TokenId,
  type TokenScope,
} from "@postern/core";
import { needPerson, needScope, notFound } from "../access.ts";
import { actorOf, type Caller, personOf } from "../caller.ts";
import type { ControlClock } from "../clock/control-clock.ts";
import { draftEntity, type EntityParts } from "../entities/entities.ts";
import type { World } from "../ports/world.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Draft, DraftEvent } from "../record/command.ts";
import {
  type Bootstrap,
  bootstrappable,
  bootstrapTouches,
  isBootstrapSecret,
  notTheSecret,
} from "../roles/bootstrap.ts";
import { knownSecrets } from "../seal/known-secrets.ts";
import { makeSecret } from "../seal/secret.ts";
import type { TokenService } from "../service.ts";
import { isForStreams } from "../streams/owner.ts";
import { aloneMark, others, requestedAct } from "../unreviewed/second-person.ts";
import { actView } from "../unreviewed/unreviewed.ts";
import type { MayWait, TokenView } from "../views.ts";

export const TOKEN_SCOPES: readonly TokenScope[] = [
  "decide",
  "explain",
  "sessions.register",
  "entities.write",
  "opt-outs.request",
  "opt-outs.approve",
  "opt-outs.read",
  "policy.write",
  "policy.activate",
  "ledger.read",
  "signals.write",
  "ssf.read",
  "ssf.manage",
  "admin",
];

/** A token ends, like everything (Law 2). */
const LONGEST_TOKEN = milliseconds(366 * 24 * 3_600_000);
const BOOTSTRAPPED_TOKEN = milliseconds(90 * 24 * 3_600_000);

/** Scopes that rule over others. */
const RULING: readonly TokenScope[] = ["admin", "policy.activate", "opt-outs.approve"];

interface Made {
  readonly token: TokenId;
  /** The act that waits for a second person; null: the token is live. */
  readonly act: ActId | null;
}

type Given = Parameters<TokenService["issue"]>[1];

export function tokenService(
  parts: EntityParts &
    Bootstrap & {
      readonly world: Pick<World, "after">;
      readonly clock: ControlClock;
    },
): TokenService {
  const { state, writer, directory, pool, clock } = parts;

  const view = (token: Token, waits = false): TokenView => ({
    id: token.id,
    label: token.label,
    person: token.person === null ? null : directory.name(token.person),
    scopes: token.scopes,
    resources: token.resources,
    maxAcr: token.maxAcr,
    subjectTypes: token.subjectTypes,
    issuedAt: formatInstant(token.issuedAt),
    expiresAt: formatInstant(token.expiresAt),
    state: waits
      ? "waiting"
      : token.revokedAt !== null
        ? "revoked"
        : clock.now().latest >= token.expiresAt
          ? "ended"
          : "live",
  });

  function draft(
    by: DraftEvent["by"],
    given: Omit<Given, "expiresAt">,
    expiresAt: Instant,
    hashed: string,
    at: Instant,
    issued: (token: Token) => { readonly event: DraftEvent["event"]; readonly act: ActId | null },
  ): Result<Draft<Made>, Problem> {
    const events: DraftEvent[] = [];
    let keys: Draft<Made>["keys"] = [];
    let person: SubjectRef | null = null;
    if (given.person !== undefined) {
      const found = directory.find(given.person);
      if (found !== undefined) person = found.ref as SubjectRef;
      else {
        const made = draftEntity(
          parts,
          by,
          given.person,
          { attributes: {}, states: {}, shared: null },
          undefined,
        );
        person = made.ref as SubjectRef;
        events.push(made.draft.event);
        keys = made.draft.keys ?? [];
      }
      if (!person.startsWith("sub_"))
        return refuse(problem("entity.name", `\`${given.person.type}\` is not a type of subject`));
    }
    const token: Token = {
      id: makeId("tok", pool.take(16)),
      person,
      hash: hashed,
      scopes: given.scopes,
      resources: given.resources ?? [],
      maxAcr: given.maxAcr ?? "none",
      subjectTypes: given.subjectTypes ?? [],
      expiresAt,
      issuedAt: at,
      revokedAt: null,
      label: given.label,
    };
    const { event, act } = issued(token);
    events.push({ by, event });
    return { ok: true, value: { events, keys, done: () => ({ token: token.id, act }) } };
  }

  function checked(given: Given, at: Instant): Result<Instant, Problem> {
    const unknown = given.scopes.find((scope) => !TOKEN_SCOPES.includes(scope));
    if (unknown !== undefined || given.scopes.length === 0) {
      return refuse(
        problem("token.scopes", `expected scopes out of ${TOKEN_SCOPES.join(", ")}`, [
          {
            pointer: "#/scopes",
            detail: unknown === undefined ? "at least one" : `unknown scope \`${unknown.slice(0, 40)}\``,
          },
        ]),
      );
    }
    if (!/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u.test(given.label))
      return refuse(
        problem("token.label", "expected a label of up to 64 letters, digits, spaces, dots or dashes", [
          { pointer: "#/label", detail: "not a label" },
        ]),
      );
    if (given.person !== undefined && !isEntityName(given.person))
      return refuse(problem("entity.name", "expected a person with a type and an id"));
    if (given.maxAcr !== undefined && !isAssurance(given.maxAcr))
      return refuse(problem("session.acr", "expected none, aal1, aal2 or aal3"));
    const bad = given.resources?.find((text) => !parseResourcePattern(text).ok);
    if (bad !== undefined)
      return refuse(
        problem(
          "caller.resource",
          `expected resources such as \`route:/reports/**\`, got \`${bad.slice(0, 60)}\``,
        ),
      );
    const expiresAt = parseInstant(given.expiresAt);
    if (!expiresAt.ok)
      return refuse(
        problem("token.expires", expiresAt.refusal, [{ pointer: "#/expiresAt", detail: expiresAt.refusal }]),
      );
    if (expiresAt.value <= at || expiresAt.value > plus(at, LONGEST_TOKEN)) {
      return refuse(
        problem("token.expires", "expected an end within the next 366 days", [
          { pointer: "#/expiresAt", detail: `at the latest ${formatInstant(plus(at, LONGEST_TOKEN))}` },
        ]),
      );
    }
    return expiresAt;
  }

  const answer = (
    { token: id, act: waiting }: Made,
    secret: string,
  ): Result<{ readonly token: TokenView; readonly secret: string } & MayWait, Problem> => {
    const act = waiting === null ? undefined : state.act(waiting);
    if (act?.what.kind === "token")
      return {
        ok: true,
        value: { token: view(act.what.token, true), secret, waits: actView(act, parts) },
      };
    const token = state.token(id);
    return token === undefined ? notFound("token", id) : { ok: true, value: { token: view(token), secret } };
  };

  /** A token that rules, or that speaks in another's name, takes two persons (Law 9). */
  const issuedBy =
    (caller: Caller, now: State, at: Instant) =>
    (token: Token): { readonly event: DraftEvent["event"]; readonly act: ActId | null } => {
      const person = personOf(caller);
      const widens =
        token.scopes.some((scope) => RULING.includes(scope)) ||
        (token.person !== null && token.person !== person);
      if (!widens || person === null) return { event: { type: "token.issued", token }, act: null };
      if (others(now, person, [], at).size === 0)
        return { event: { type: "token.issued", token, ...aloneMark(person, pool) }, act: null };
      const act = requestedAct({ kind: "token", token }, person, at, pool);
      return { event: { type: "act.requested", act }, act: act.id };
    };

  return {
    bySecret: knownSecrets(parts.world, (hashed) => {
      const token = state.tokenByHash(hashed);
      return token === undefined || token.revokedAt !== null || clock.now().latest >= token.expiresAt
        ? null
        : token;
    }),
    async issue(caller: Caller, given) {
      const allowed = needScope(caller, "admin");
      if (!allowed.ok) return allowed;
      if (given.person !== undefined || given.scopes.some((scope) => RULING.includes(scope))) {
        const person = needPerson(caller);
        if (!person.ok) return person;
      }
      const { secret, hash: hashed } = makeSecret("pst", pool);
      const written = await writer.submit<Made>({
        by: actorOf(caller),
        touches: [
          ...(given.person === undefined ? [] : [`entity:${directory.blind(given.person)}`]),
          ...(isForStreams(given) ? [`stream-label:${given.label}`] : []),
        ],
        run(now, at) {
          const taken = isForStreams(given) ? holderOfLabel(given.label, now, at) : undefined;
          if (taken !== undefined)
            return refuse(
              problem(
                "token.label",
                `the live token \`${taken.id}\` has the streams of this label; revoke it first, or choose another label`,
                [{ pointer: "#/label", detail: "one live token has the streams of a label" }],
              ),
            );
          const expiresAt = checked(given, at);
          return expiresAt.ok
            ? draft(actorOf(caller), given, expiresAt.value, hashed, at, issuedBy(caller, now, at))
            : expiresAt;
        },
      });
      return written.ok ? answer(written.value, secret) : written;
    },
    async revoke(caller, id) {
      const allowed = needScope(caller, "admin");
      if (!allowed.ok) return allowed;
      const written = await writer.submit({
        by: actorOf(caller),
        touches: [`token:${id}`],
        run(now) {
          const token = now.token(id);
          if (token === undefined) return notFound("token", id);
          const event: DraftEvent = {
            by: actorOf(caller),
            event: { type: "token.revoked", token: token.id },
          };
          return { ok: true, value: { events: token.revokedAt === null ? [event] : [], done: () => null } };
        },
      });
      const token = state.token(id);
      return !written.ok
        ? written
        : token === undefined
          ? notFound("token", id)
          : { ok: true, value: view(token) };
    },
    async list(caller) {
      const allowed = needScope(caller, "admin");
      if (!allowed.ok) return allowed;
      return {
        ok: true,
        value: [...state.tokens()].sort((a, b) => b.issuedAt - a.issuedAt).map((token) => view(token)),
      };
    },
    async bootstrap(secret: string, person: EntityName) {
      if (!isBootstrapSecret(secret, parts)) return notTheSecret();
      if (!isEntityName(person) || !parts.subjectTypes.has(person.type))
        return refuse(problem("entity.name", "expected a person such as user `ben`"));
      const fresh = makeSecret("pst", pool);
      const written = await writer.submit<Made>({
        by: null,
        touches: ["bootstrap", `entity:${directory.blind(person)}`],
        alsoTouches: bootstrapTouches,
        run(now, at) {
          // Used once, for good: any administrator who ever came in uses it up.
          const replaced = bootstrappable(now, null, parts);
          if (!replaced.ok) return replaced;
          const made = draft(
            { person: null, via: "system" },
            { label: "first administrator", person, scopes: ["admin"] },
            plus(at, BOOTSTRAPPED_TOKEN),
            fresh.hash,
            at,
            (token) => ({ event: { type: "token.issued", token }, act: null }),
          );
          return made.ok
            ? { ok: true, value: { ...made.value, events: [...replaced.value, ...made.value.events] } }
            : made;
        },
      });
      return written.ok ? answer(written.value, fresh.secret) : written;
    },
  };
}

/** The streams of a label belong to one token at a time, be it live or waiting for a second person. */
function holderOfLabel(label: string, now: State, at: Instant): Token | undefined {
  const waiting = [...now.acts()].flatMap(({ what }) => (what.kind === "token" ? [what.token] : []));
  return [...now.tokens(), ...waiting].find(
    (one) => one.label === label && isForStreams(one) && one.revokedAt === null && at < one.expiresAt,
  );
}
