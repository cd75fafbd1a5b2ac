import { type EntityRef, isId, type SessionId, type SubjectId, type SubjectRef } from "@postern/core";
import type { Directory } from "../entities/directory.ts";
import type { RecordChange } from "../projection/project.ts";
import type { State } from "../projection/state.ts";
import { ADDRESS_VERIFIED } from "../states/states.ts";
import type { Named } from "./consequence.ts";

/** Who sends it, and of whom they may speak. */
export interface Sender {
  readonly issuer: string;
  readonly subjectTypes: readonly string[];
}

/** From the names that security events give (RFC 9493) to whom we know by them. */
export interface SubjectNames {
  named(subject: SubjectId, sender: Sender): Named;
  /** What changed is looked up anew. */
  changed(changes: readonly RecordChange[]): void;
}

const NOBODY: Named = {
  subject: null,
  device: null,
  session: null,
  unknown: false,
  detail: null,
  strangeDevice: false,
};

export function subjectNames(parts: {
  readonly state: State;
  readonly directory: Directory;
  readonly subjectTypes: ReadonlySet<string>;
  /** The attribute that holds a mail address; null: none does. */
  readonly addressIn: string | null;
  /** The issuer of our own OpenID Provider, and of our own transmitter; they name subjects by our references. */
  readonly ownIssuers: () => readonly string[];
}): SubjectNames {
  const { state, directory, addressIn } = parts;
  /** By the blind of a verified address; null: not gathered yet. */
  let byAddress: Map<string, Set<EntityRef>> | null = null;
  let addressOf = new Map<EntityRef, string>();

  const blindOf = (address: string): string =>
    directory.blind({ type: "mail", id: address.normalize("NFC").toLowerCase() });

  function gather(ref: EntityRef, into: Map<string, Set<EntityRef>>): void {
    const before = addressOf.get(ref);
    if (before !== undefined) into.get(before)?.delete(ref);
    addressOf.delete(ref);
    const entity = state.entity(ref);
    if (addressIn === null || entity === undefined || entity.states[ADDRESS_VERIFIED] === undefined) return;
    const address = directory.open(ref)?.attributes[addressIn];
    if (typeof address !== "string") return;
    const blind = blindOf(address);
    addressOf.set(ref, blind);
    const held = into.get(blind) ?? new Set();
    into.set(blind, held.add(ref));
  }

  function addresses(): Map<string, Set<EntityRef>> {
    if (byAddress !== null) return byAddress;
    addressOf = new Map();
    byAddress = new Map();
    for (const { ref } of state.entities()) gather(ref, byAddress);
    return byAddress;
  }

  const found = (type: string, id: string): EntityRef | null => directory.find({ type, id })?.ref ?? null;

  /** Whom several names may mean; of several that differ, nobody. */
  const only = (refs: readonly (EntityRef | null)[]): EntityRef | null => {
    const known = new Set(refs.filter((ref) => ref !== null));
    const [first] = known;
    return known.size === 1 && first !== undefined ? first : null;
  };

  function person(given: SubjectId, sender: Sender): SubjectRef | null {
    const ref = personRef(given, sender);
    const entity = ref === null ? undefined : state.entity(ref);
    if (ref === null || entity === undefined || entity.deletedAt !== null) return null;
    return ref.startsWith("sub_") && sender.subjectTypes.includes(entity.type) ? (ref as SubjectRef) : null;
  }

  function personRef(given: SubjectId, sender: Sender): EntityRef | null {
    const types = [...parts.subjectTypes];
    const byName = (id: string): EntityRef | null => only(types.map((type) => found(type, id)));
    switch (given.format) {
      case "email":
        return only([...(addresses().get(blindOf(given.email)) ?? []), byName(given.email)]);
      case "account":
        return given.uri.startsWith("acct:")
          ? personRef({ format: "email", email: given.uri.slice(5) }, sender)
          : null;
      case "iss_sub": {
        const own = parts.ownIssuers().includes(given.issuer) && isId("sub", given.subject);
        if (own) return given.subject as SubjectRef;
        const blind = directory.blind({
          type: "upstream",
          id: JSON.stringify([given.issuer, given.subject]),
        });
        const factor = state.factorByBlind(blind);
        return factor !== undefined && factor.kind === "upstream" && factor.removedAt === null
          ? factor.subject
          : null;
      }
      case "opaque":
        return isId("sub", given.id) ? (given.id as SubjectRef) : byName(given.id);
      case "did":
      case "uri":
        return byName(given.uri);
      case "phone_number":
        return byName(given.phone);
      case "aliases":
        return only(given.identifiers.map((one) => personRef(one, sender)));
      case "complex":
      case "other":
        return null;
      default:
        return given satisfies never;
    }
  }

  function device(given: SubjectId, sender: Sender): EntityRef | null {
    if (!sender.subjectTypes.includes("device")) return null;
    const id = given.format === "iss_sub" ? given.subject : given.format === "opaque" ? given.id : null;
    if (given.format === "aliases") return only(given.identifiers.map((one) => device(one, sender)));
    if (id === null) return null;
    if (isId("dev", id)) return state.entity(id)?.deletedAt === null ? (id as EntityRef) : null;
    return found("device", id);
  }

  function session(given: SubjectId, { issuer }: Sender): SessionId | null {
    const id = given.format === "opaque" ? given.id : given.format === "iss_sub" ? given.subject : null;
    if (id === null) return null;
    if (isId("ses", id)) return state.session(id)?.id ?? null;
    // A session there, by which somebody came in here.
    const blind = directory.blind({ type: "upstream-session", id: JSON.stringify([issuer, id]) });
    for (const one of state.sessions())
      if (one.revokedAt === null && one.methods?.some(({ upstream }) => upstream?.session === blind) === true)
        return one.id;
    return null;
  }

  return {
    named(given, sender) {
      if (given.format !== "complex") {
        const subject = person(given, sender);
        if (subject !== null) return { ...NOBODY, subject };
        const held = device(given, sender);
        if (held !== null) return { ...NOBODY, device: held };
        // A session that is named by itself brings its person.
        const one = session(given, sender);
        return one === null ? NOBODY : { ...ofSession(one, sender), detail: JSON.stringify([null, given]) };
      }
      const named: Named = {
        subject: given.user === null ? null : person(given.user, sender),
        device: given.device === null ? null : device(given.device, sender),
        session: given.session === null ? null : session(given.session, sender),
        detail:
          given.device === null && given.session === null
            ? null
            : JSON.stringify([given.device, given.session]),
        unknown: false,
        strangeDevice: false,
      };
      const strangeDevice = given.device !== null && named.device === null;
      if (given.user === null && named.session !== null) {
        const { subject, session: held } = ofSession(named.session, sender);
        return { ...named, subject, session: held, strangeDevice, unknown: strangeDevice || held === null };
      }
      const own = named.session !== null && state.session(named.session)?.subject === named.subject;
      const unknown = strangeDevice || (given.session !== null && !own);
      return { ...named, session: own ? named.session : null, strangeDevice, unknown };
    },
    changed(changes) {
      const book = byAddress;
      if (book === null) return;
      for (const change of changes) if (change.projection === "entities") gather(change.record.ref, book);
    },
  };

  function ofSession(id: SessionId, sender: Sender): Named {
    const subject = state.session(id)?.subject;
    const type = subject === undefined ? undefined : state.entity(subject)?.type;
    return subject !== undefined && type !== undefined && sender.subjectTypes.includes(type)
      ? { ...NOBODY, subject, session: id }
      : NOBODY;
  }
}
