import {
  canonical,
  type Entity,
  type EntityName,
  type EntityRef,
  type Event,
  formatInstant,
  holderRefs,
  type Instant,
  isEntityName,
  type LockTarget,
  lockHolds,
  makeId,
  type Policy,
  parseInstant,
  type Result,
  refuse,
  WITHDRAWN_STATES,
} from "@postern/core";
import { needScope, notFound } from "../access.ts";
import { actorOf, type Caller, mayUse } from "../caller.ts";
import { deviceRevocation, deviceTouches } from "../devices/revocation.ts";
import type { Keyring } from "../keyring/keyring.ts";
import { holderTouch } from "../opt-outs/touches.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Draft, DraftEvent } from "../record/command.ts";
import type { Writer } from "../record/writer.ts";
import type { RandomPool } from "../seal/box.ts";
import type { EntityService } from "../service.ts";
import { revocations } from "../sessions/revocations.ts";
import {
  ADDRESS_SHOWN,
  ADDRESS_VERIFIED,
  DERIVED_STATES,
  endedWithStates,
  statesOf as heldStates,
} from "../states/states.ts";
import type { EntityDetail } from "../views.ts";
import type { Directory } from "./directory.ts";

const MOST_ATTRIBUTES = 64;
const LONGEST_ATTRIBUTES = 16_384;
const MOST_STATES = 50;
const STATE = /^[a-z][a-z0-9-]{0,63}$/;

const COUNTED_NETWORK =
  /^(?:(?:\d{1,3}\.){3}0\/24|(?:[0-9a-f]{1,4}:){3}[0-9a-f]{1,2}00::\/56|(?:[0-9a-f]{1,4}:){3}0::\/56)$/;

export interface EntityParts {
  readonly state: State;
  readonly writer: Writer;
  readonly directory: Directory;
  readonly keys: Keyring;
  readonly pool: RandomPool;
  readonly subjectTypes: ReadonlySet<string>;
}

/** What brings a new entity into being: its reference, its key, and the event that says so. */
export function draftEntity(
  parts: EntityParts,
  by: DraftEvent["by"],
  name: EntityName,
  given: {
    readonly attributes: Readonly<Record<string, unknown>>;
    readonly states: Readonly<Record<string, Instant>>;
    readonly shared: boolean | null;
  },
  existing: Entity | undefined,
  /** A reference that was made already. */
  known: EntityRef | null = null,
): { readonly ref: EntityRef; readonly draft: Pick<Draft<null>, "keys"> & { readonly event: DraftEvent } } {
  const { keys, directory, pool } = parts;
  const ref = existing?.ref ?? known ?? refFor(name.type, parts);
  const made = existing === undefined ? [keys.make(ref)] : [];
  // The key must be at hand to seal under it; it counts for others only with the commit.
  keys.hold(made);
  const opened = { name: { type: name.type, id: name.id }, attributes: given.attributes };
  const box = directory.seal(ref, opened);
  const entity: Omit<Entity, "box" | "blind"> = {
    ref,
    type: name.type,
    states: given.states,
    shared: given.shared,
    deletedAt: null,
  };
  const event: Event = {
    type: "entity.put",
    entity,
    attributes: Object.keys(given.attributes).sort().join(" "),
  };
  return {
    ref,
    draft: {
      keys: made,
      event: {
        event,
        by,
        sealed: { entity: { key: ref, value: canonical(opened) } },
        parts: { box, blind: directory.blind(name) },
      },
    },
  };

  function refFor(type: string, { subjectTypes }: EntityParts): EntityRef {
    if (subjectTypes.has(type)) return makeId("sub", pool.take(16));
    return type === "device" ? makeId("dev", pool.take(16)) : makeId("ent", pool.take(16));
  }
}

export function entityService(
  parts: EntityParts & {
    readonly policy: () => Policy;
    /** Records which sessions have ended by now, before a device is said to be nobody else's. */
    readonly settleSessions: () => Promise<Problem | null>;
    /** The attribute that holds a mail address. */
    readonly addressIn: string | null;
  },
): EntityService {
  const { state, writer, directory, policy, addressIn } = parts;

  const detail = (name: EntityName): EntityDetail | null => {
    const entity = directory.find(name);
    const opened = entity === undefined ? null : directory.open(entity.ref);
    if (entity === undefined || opened === null) return null;
    return {
      type: name.type,
      id: name.id,
      ref: entity.ref,
      attributes: opened.attributes,
      states: Object.fromEntries(
        [...heldStates(entity.ref, state)].map(([one, since]) => [one, formatInstant(since)]),
      ),
      shared: entity.shared,
    };
  };

  return {
    async put(caller, name, given) {
      const allowed = needScope(caller, "entities.write");
      if (!allowed.ok) return allowed;
      if (!isEntityName(name))
        return refuse(
          problem("entity.name", "expected a type such as `user` and an id of 1 to 512 characters"),
        );
      if ((given.states !== undefined || given.shared !== undefined) && !mayUse(caller, "admin")) {
        return refuse(
          problem("caller.scope", "verified states and `shared` need a token with the scope `admin`"),
        );
      }
      if (given.shared !== undefined && name.type !== "device" && name.type !== "network") {
        return refuse(
          problem("entity.attributes", "only a device or a network is shared or not", [
            { pointer: "#/shared", detail: "for devices and networks only" },
          ]),
        );
      }
      // Sign-in looks a network up by this very name: another spelling would mark nothing, and say that it had.
      if (given.shared !== undefined && name.type === "network" && !COUNTED_NETWORK.test(name.id)) {
        return refuse(
          problem(
            "entity.name",
            "expected a network as sign-in counts it: `192.0.2.0/24` or `2001:db8:0:100::/56`",
          ),
        );
      }
      const attributes = attributesOf(given.attributes);
      if (!attributes.ok) return attributes;
      const unsettled = given.shared === false ? await parts.settleSessions() : null;
      if (unsettled !== null) return refuse(unsettled);
      const written = await writer.submit({
        by: actorOf(caller),
        touches: [`entity:${directory.blind(name)}`],
        alsoTouches() {
          const ref = directory.find(name)?.ref;
          if (ref === undefined) return [];
          const device = state.device(ref);
          return [
            holderTouch(ref),
            ...(device === undefined ? [] : [`device:${ref}`, ...deviceTouches(state, device)]),
          ];
        },
        run(now, at) {
          const existing = directory.find(name);
          const before = existing === undefined ? undefined : directory.open(existing.ref);
          const states = statesOf(given.states, existing?.states ?? {}, at);
          if (!states.ok) return states;
          const held = attributes.value ?? before?.attributes ?? {};
          const { draft } = draftEntity(
            parts,
            actorOf(caller),
            name,
            {
              attributes: held,
              states: addressStates(
                states.value,
                existing?.states ?? {},
                given.states !== undefined,
                otherAddress(before?.attributes, held),
              ),
              shared: given.shared === undefined ? (existing?.shared ?? null) : given.shared,
            },
            existing,
          );
          const events = [draft.event, ...(existing === undefined ? [] : lost(now, existing, draft.event))];
          return { ok: true, value: { events, keys: draft.keys ?? [], done: () => null } };
        },
      });
      if (!written.ok) return written;
      const made = detail(name);
      return made === null
        ? refuse(problem("internal", "the entity could not be read back"))
        : { ok: true, value: made };
    },
    async get(caller, name) {
      const allowed = needScope(caller, "entities.write", "explain");
      if (!allowed.ok) return allowed;
      const found = detail(name);
      return found === null ? notFound("entity", `${name.type}/${name.id}`) : { ok: true, value: found };
    },
    async delete(caller, name) {
      const allowed = needScope(caller, "entities.write");
      if (!allowed.ok) return allowed;
      const entity = directory.find(name);
      if (entity === undefined) return notFound("entity", `${name.type}/${name.id}`);
      return writer.submit({
        by: actorOf(caller),
        touches: [`entity:${entity.blind}`, holderTouch(entity.ref)],
        run: (_, at) => deletion(caller, name, entity.ref, at),
      });
    },
  };

  /** Whoever was shown to read one address was not shown to read another. */
  function otherAddress(
    before: Readonly<Record<string, unknown>> | undefined,
    after: Readonly<Record<string, unknown>>,
  ): boolean {
    return addressIn !== null && before?.[addressIn] !== after[addressIn];
  }

  /**
   * What a change takes away: opt-outs that stood on a state, the trust in a device that turns out to be shared, and
   * every session of an account that is out of use.
   */
  function lost(now: State, before: Entity, { event, by }: DraftEvent): readonly DraftEvent[] {
    if (event.type !== "entity.put") return [];
    const gone = new Set(Object.keys(before.states).filter((one) => event.entity.states[one] === undefined));
    const device = event.entity.shared === true ? now.device(before.ref) : undefined;
    const withdrawn = WITHDRAWN_STATES.some((name) => event.entity.states[name] !== undefined);
    return [
      ...(withdrawn ? revocations(now.sessionsOf(before.ref), by, "operator") : []),
      ...endedWithStates({ state: now, policy }, before.ref, gone, by),
      ...(device !== undefined && device.revokedAt === null
        ? deviceRevocation(now, device, by, "shared")
        : []),
    ];
  }

  /** What rested on the entity ends with it, in the same instant. */
  function deletion(
    caller: Caller,
    name: EntityName,
    ref: EntityRef,
    at: Instant,
  ): Result<Draft<{ readonly ended: number }>, Problem> {
    const entity = directory.find(name);
    if (entity?.ref !== ref) return notFound("entity", `${name.type}/${name.id}`);
    const tokens = [...state.tokens()].filter(
      ({ person, revokedAt }) => person === ref && revokedAt === null,
    );
    const roles = state.rolesOf(ref).filter(({ revokedAt }) => revokedAt === null);
    // DANGER: whoever has the name afterwards is somebody new, free of what was said about this one.
    const locked = state.liveLocks.some((lock) => lockHolds(lock, at) && isAbout(lock.target, ref));
    const held =
      Object.keys(entity.states).length > 0 ||
      tokens.some(({ expiresAt }) => at < expiresAt) ||
      roles.length > 0 ||
      locked;
    if (held && !mayUse(caller, "admin")) {
      return refuse(
        problem(
          "caller.scope",
          "verified states, a lock, a role or a token rest on it, so removing it needs a token with the scope `admin`",
        ),
      );
    }
    // To lift the lock takes two persons: one who removes and enters the name again would have lifted it alone.
    if (locked)
      return refuse(
        problem(
          "entity.locked",
          "a lock on it holds, and would end with it; lift the lock first, then remove it",
        ),
      );
    const by = actorOf(caller);
    const events: DraftEvent[] = [];
    for (const { id } of tokens) events.push({ by, event: { type: "token.revoked", token: id } });
    for (const { id } of roles)
      events.push({ by, event: { type: "role.revoked", grant: id, cause: "entity-deleted" } });
    for (const { id, removedAt } of state.factorsOf(ref))
      if (removedAt === null)
        events.push({ by, event: { type: "factor.removed", factor: id, cause: "entity-deleted" } });
    for (const device of [...state.devicesOf(ref), state.device(ref)])
      if (device !== undefined && (device.revokedAt === null || device.subject === ref))
        events.push({ by, event: { type: "device.revoked", device: device.id, cause: "entity-deleted" } });
    for (const optOut of state.optOuts.about(ref)) {
      if (!holderRefs(optOut.holder).some((one) => one === ref)) continue;
      if (optOut.standing === "granted" || optOut.standing === "suspended")
        events.push({ by, event: { type: "opt-out.revoked", optOut: optOut.id, cause: "entity-deleted" } });
      else if (optOut.standing === "pending")
        events.push({ by, event: { type: "opt-out.withdrawn", optOut: optOut.id } });
    }
    events.push(...revocations(state.sessionsOf(entity.ref), by, "operator"));
    const ended = events.length;
    events.push({ by, event: { type: "entity.deleted", entity: entity.ref } });
    return { ok: true, value: { events, lostKeys: [entity.ref], done: () => ({ ended }) } };
  }
}

/** What was said of states, and what follows for those of the address. */
function addressStates(
  said: Readonly<Record<string, Instant>>,
  before: Readonly<Record<string, Instant>>,
  saysStates: boolean,
  isOther: boolean,
): Readonly<Record<string, Instant>> {
  if (isOther) return without(saysStates ? said : without(said, ADDRESS_VERIFIED), ADDRESS_SHOWN);
  const shown = before[ADDRESS_SHOWN];
  return shown === undefined ? said : { ...said, [ADDRESS_SHOWN]: shown };
}

function without(states: Readonly<Record<string, Instant>>, name: string): Readonly<Record<string, Instant>> {
  return Object.fromEntries(Object.entries(states).filter(([one]) => one !== name));
}

function isAbout(target: LockTarget, ref: EntityRef): boolean {
  return (
    (target.kind === "subject" && target.subject === ref) ||
    (target.kind === "device" && target.device === ref)
  );
}

function attributesOf(given: unknown): Result<Readonly<Record<string, unknown>> | undefined, Problem> {
  if (given === undefined) return { ok: true, value: undefined };
  const wrong = (detail: string): { readonly ok: false; readonly refusal: Problem } =>
    refuse(problem("entity.attributes", detail, [{ pointer: "#/attributes", detail }]));
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return wrong("expected an object of attributes");
  if (Object.keys(given).length > MOST_ATTRIBUTES)
    return wrong(`expected at most ${MOST_ATTRIBUTES} attributes`);
  const bad = Object.keys(given).find((name) => !/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name));
  if (bad !== undefined)
    return wrong(`expected attribute names of letters, digits and \`_\`, got \`${bad.slice(0, 40)}\``);
  if (JSON.stringify(given).length > LONGEST_ATTRIBUTES)
    return wrong(`expected at most ${LONGEST_ATTRIBUTES} characters of attributes`);
  return { ok: true, value: given as Readonly<Record<string, unknown>> };
}

function statesOf(
  given: unknown,
  before: Readonly<Record<string, Instant>>,
  at: Instant,
): Result<Readonly<Record<string, Instant>>, Problem> {
  if (given === undefined) return { ok: true, value: before };
  const wrong = (detail: string): { readonly ok: false; readonly refusal: Problem } =>
    refuse(problem("entity.states", detail, [{ pointer: "#/states", detail }]));
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return wrong("expected an object from state to the time since when it is held, or true for now");
  const states: Record<string, Instant> = {};
  for (const [name, since] of Object.entries(given)) {
    if (DERIVED_STATES.has(name))
      return wrong(`expected a state that can be said, got \`${name}\`, which follows from what is done`);
    if (!STATE.test(name))
      return wrong(`expected the name of a state such as \`address-verified\`, got \`${name.slice(0, 40)}\``);
    if (since === true) states[name] = before[name] ?? at;
    else if (typeof since === "string") {
      const parsed = parseInstant(since);
      if (!parsed.ok) return wrong(parsed.refusal);
      if (parsed.value > at) return wrong(`expected a time that has come, got \`${since}\``);
      states[name] = parsed.value;
    } else if (since !== false) return wrong(`expected true, false or a time for \`${name}\``);
  }
  return Object.keys(states).length > MOST_STATES
    ? wrong(`expected at most ${MOST_STATES} states`)
    : { ok: true, value: states };
}
