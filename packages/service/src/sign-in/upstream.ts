import {
  type Entity,
  type Factor,
  type FactorId,
  factorStands,
  type Instant,
  isEntityName,
  makeId,
  type ProvenMethod,
  type Result,
  refuse,
  type SubjectRef,
} from "@postern/core";
import { draftEntity } from "../entities/entities.ts";
import { liveFactors } from "../factors/authority.ts";
import { openFactor } from "../factors/box.ts";
import { enrolment, labelOf } from "../factors/enrolment.ts";
import type { FactorParts } from "../factors/factor-parts.ts";
import type { UpstreamSignIn, UpstreamSubject } from "../ports/upstream.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Draft, DraftEvent } from "../record/command.ts";
import { personTouch } from "../sessions/ending.ts";
import { ADDRESS_VERIFIED, DERIVED_STATES, endedWithStates } from "../states/states.ts";

const SYSTEM: DraftEvent["by"] = { person: null, via: "system" };

export interface UpstreamAccounts {
  /** The mapping by which this subject is one of ours; null: it is nobody's. */
  find(given: UpstreamSubject): Factor | null;
  issuersOf(subject: SubjectRef): readonly string[];
  proof(factor: Factor, given: UpstreamSignIn): ProvenMethod;
  /** Opens the account that the sign-in names. Null: it names none, or somebody has that name. */
  open(given: UpstreamSignIn): Promise<Factor | null>;
  /** What changes where it says another thing of the person's states than we hold, and what ends with those that are lost. */
  statesSaid(
    now: State,
    entity: Entity,
    said: Pick<UpstreamSignIn, "states" | "address">,
    by: DraftEvent["by"],
    at: Instant,
  ): readonly DraftEvent[];
  ended(given: {
    readonly issuer: string;
    readonly subject: string | null;
    readonly session: string | null;
  }): Promise<Result<number, Problem>>;
}

/** The keyed hash by which a subject of another identity provider is found: of both names, so that none can be shifted. */
export function upstreamBlind(
  { directory }: Pick<FactorParts, "directory">,
  { issuer, subject }: UpstreamSubject,
): string {
  return directory.blind({ type: "upstream", id: JSON.stringify([issuer, subject]) });
}

export function upstreamAccounts(
  parts: FactorParts & {
    /** The attribute that holds a mail address; null: none is held. */
    readonly addressIn: string | null;
  },
): UpstreamAccounts {
  const { state, writer, directory, clock, pool, addressIn } = parts;
  const sessionBlind = (issuer: string, session: string): string =>
    directory.blind({ type: "upstream-session", id: JSON.stringify([issuer, session]) });

  const find = (given: UpstreamSubject): Factor | null => {
    const factor = state.factorByBlind(upstreamBlind(parts, given));
    return factor?.kind === "upstream" && factorStands(factor, clock.now().latest) ? factor : null;
  };

  return {
    find,
    issuersOf: (subject) =>
      liveFactors(state, subject, clock.now().latest).flatMap((factor) => {
        const opened = factor.kind === "upstream" ? openFactor(parts, factor) : null;
        return opened?.kind === "upstream" ? [opened.issuer] : [];
      }),
    proof(factor, given) {
      // By the earliest that it can be, so that it is never newer than it is.
      const at = Math.min(given.authTime, clock.now().earliest) as Instant;
      const session = given.session === null ? "" : sessionBlind(given.issuer, given.session);
      const upstream = { factor: factor.id, acr: given.acr, session };
      return { method: "upstream", at, userVerified: false, deviceBound: false, upstream };
    },
    async open(given) {
      const { opens: name, issuer, subject } = given;
      if (name === null || !isEntityName(name) || !parts.subjectTypes.has(name.type)) return null;
      const id: FactorId = makeId("fac", pool.take(16));
      const written = await writer.submit({
        by: null,
        touches: [`entity:${directory.blind(name)}`],
        run(now, at): Result<Draft<null>, Problem> {
          // DANGER: whoever can choose a name there must not become whoever has it here.
          if (
            directory.find(name) !== undefined ||
            now.factorByBlind(upstreamBlind(parts, given)) !== undefined
          )
            return refuse(problem("sign-in.unknown_upstream", "no account belongs to it"));
          const none = { attributes: {}, states: {}, shared: null };
          const made = draftEntity(parts, SYSTEM, name, none, undefined);
          const linked = enrolment({
            parts,
            id,
            subject: made.ref as SubjectRef,
            at,
            by: SYSTEM,
            opened: { label: labelOf(given.label), kind: "upstream", issuer, subject },
            more: { blind: upstreamBlind(parts, given) },
          });
          return {
            ok: true,
            value: { events: [made.draft.event, linked], keys: made.draft.keys ?? [], done: () => null },
          };
        },
      });
      return written.ok ? (state.factor(id) ?? null) : null;
    },
    statesSaid(now, entity, { states: claimed, address }, by, at) {
      const opened = directory.open(entity.ref);
      // What it says of an address, it says of the one that it holds itself.
      const isOurs = addressIn !== null && sameAddress(address, opened?.attributes[addressIn]);
      const said = Object.fromEntries(
        Object.entries(claimed).filter(
          ([name]) => !DERIVED_STATES.has(name) && (name !== ADDRESS_VERIFIED || isOurs),
        ),
      );
      const held = entity.states;
      const changed = Object.entries(said).some(([name, holds]) => (held[name] !== undefined) !== holds);
      if (opened === null || !changed) return [];
      const states: Record<string, Instant> = { ...held };
      for (const [name, holds] of Object.entries(said)) {
        if (holds) states[name] ??= at;
        else delete states[name];
      }
      const { attributes, name } = opened;
      const given = { attributes, states, shared: entity.shared };
      const lost = new Set(Object.keys(held).filter((one) => states[one] === undefined));
      return [
        draftEntity(parts, by, name, given, entity).draft.event,
        ...endedWithStates({ state: now, policy: parts.policy }, entity.ref, lost, by),
      ];
    },
    async ended({ issuer, subject, session }) {
      const hash = session === null ? null : sessionBlind(issuer, session);
      const factor = subject === null ? null : find({ issuer, subject });
      const rests = ({ upstream }: ProvenMethod): boolean => {
        if (upstream === undefined) return false;
        if (hash !== null && upstream.session === hash) return true;
        return factor !== null && upstream.factor === factor.id && (hash === null || upstream.session === "");
      };
      const about = factor === null ? state.sessions() : state.sessionsOf(factor.subject);
      const ending = [...about].filter(
        ({ revokedAt, methods }) => revokedAt === null && methods?.some(rests) === true,
      );
      if (ending.length === 0) return { ok: true, value: 0 };
      return await writer.submit({
        by: null,
        touches: ending.map(({ id }) => `session:${id}`),
        alsoTouches: (now) => [...new Set(ending.flatMap(({ id }) => personTouch(now, id)))],
        run(now): Result<Draft<number>, Problem> {
          const left = ending.filter(({ id }) => now.session(id)?.revokedAt === null);
          const events = left.map(
            ({ id }): DraftEvent => ({
              by: SYSTEM,
              event: { type: "session.revoked", session: id, cause: "upstream" },
            }),
          );
          return { ok: true, value: { events, done: () => left.length } };
        },
      });
    },
  };
}

/** Of the part behind the `@` the case says nothing; of the part before it, only its own server knows. */
function sameAddress(one: string | null, other: unknown): boolean {
  if (one === null || typeof other !== "string") return false;
  const folded = (address: string): string => {
    const at = address.lastIndexOf("@");
    return address.slice(0, at) + address.slice(at).toLowerCase();
  };
  return folded(one.trim()) === folded(other.trim());
}
