import {
  canonicalPath,
  cappedBy,
  type DecisionRequest,
  type DeviceFacts,
  type Entity,
  type EntityRef,
  type Facts,
  type Instant,
  NO_ATTRIBUTES,
  type OptOutId,
  type ReasonCode,
  type Session,
  type SubjectFacts,
  segmentsOf,
  sessionIsLive,
  standingOf,
} from "@postern/core";
import { sessionReaches } from "../access.ts";
import { provedAtOf } from "../devices/proof-cookie.ts";
import { untilOf } from "../devices/until.ts";
import { type Directory, typedAttributes } from "../entities/directory.ts";
import type { ActivePolicy } from "../policy/active-policy.ts";
import type { State } from "../projection/state.ts";
import type { RiskState } from "../risk/risk.ts";
import type { Question } from "../service.ts";
import { accountStanding } from "../states/account-standing.ts";
import { deviceFactsOf, isDevice, isSubject, subjectFactsOf } from "./entity-facts.ts";

export interface Posed {
  readonly request: DecisionRequest;
  readonly facts: Facts;
  /** The resource as an entity that we hold; null: we hold none. */
  readonly held: EntityRef | null;
}

/** Turns a wire question into what `decide` takes: names to references, JSON to declared types, memory to facts. */
export function pose(
  question: Question,
  active: ActivePolicy,
  parts: {
    readonly state: State;
    readonly directory: Directory;
    readonly doubt: ReasonCode | null;
    readonly latest: Instant;
    readonly risk?: Pick<RiskState, "facts">;
    readonly uses: (optOut: OptOutId) => number;
    readonly budgetSpent: (offer: string, network: string | null) => boolean;
  },
): Posed {
  const { state, directory } = parts;
  const declared = active.policy.attributes;
  const { resource } = question;
  const path = resource.type === "route" ? canonicalPath(resource.id) : null;
  const segments = path === null ? segmentsOf(resource.id) : path.ok ? path.value.segments : null;
  // The session is looked up again: the one in the question may be older than its revocation.
  const presented = question.session === null ? undefined : state.countingSession(question.session.id);
  const counts =
    presented !== undefined &&
    (segments === null || sessionReaches(presented, resource.type, segments, state));
  const stands = counts ? standing(presented, parts.latest) : null;
  const { handle = null } = question;
  const session = stands === null || handle === null ? stands : cappedBy(stands, handle);
  // DANGER: a session that is over says of nobody who they are, but that an account out of use may do nothing.
  const tells =
    session !== null &&
    (sessionIsLive(session, parts.latest) || accountStanding(state, session.subject) !== "stands");
  const person = tells ? session.subject : null;
  const name = question.subject ?? (person === null ? null : directory.name(person));
  const entity =
    question.subject === null
      ? person === null
        ? undefined
        : state.entity(person)
      : directory.find(question.subject);
  const id = path?.ok === true ? path.value.path : resource.id;
  const held = resource.type === "route" ? undefined : directory.find({ type: resource.type, id });
  const network = question.network ?? null;
  const subject = subjectFacts(entity, state, directory, active);
  const { client } = question;
  const origin = {
    client: client ?? null,
    network: client === null ? null : network,
    device: session?.device ?? null,
  };
  const risk = parts.risk?.facts(subject?.ref ?? null, origin, active.policy);
  return {
    request: {
      subject: name === null ? null : { type: name.type, id: name.id },
      action: question.action.name,
      resource: { type: resource.type, id, segments },
      given: {
        subject: typedAttributes(question.subject?.properties, declared.get("subject"), "request"),
        resource: typedAttributes(resource.properties, declared.get("resource"), "request"),
        action: typedAttributes(question.action.properties, declared.get("action"), "request"),
        context: typedAttributes(question.context, declared.get("context"), "request"),
      },
      delegated: question.delegated ?? false,
      network,
    },
    facts: {
      session,
      subject,
      device: deviceFacts(session, question.deviceProof, state, directory, active),
      ...(risk === undefined ? {} : { risk }),
      resource: held === undefined ? NO_ATTRIBUTES : directory.attributes(held.ref, declared.get("resource")),
      optOuts: state.optOuts,
      locks: state.liveLocks,
      uses: parts.uses,
      budgetSpent: (offer) => parts.budgetSpent(offer, network),
      doubt: parts.doubt,
    },
    held: held?.ref ?? null,
  };
}

/** As it counts now: what was done long ago counts for less. Null: it counts for nothing any more. */
function standing(session: Session, latest: Instant): Session | null {
  const now = standingOf(session, latest);
  if (now === session) return session;
  return now.acr === "none" ? null : { ...session, ...now };
}

function subjectFacts(
  entity: Entity | undefined,
  state: State,
  directory: Directory,
  { policy }: ActivePolicy,
): SubjectFacts | null {
  if (entity === undefined || !isSubject(entity)) return null;
  return directory.facts(entity.ref, "subject", policy, () => {
    const attributes = directory.attributes(entity.ref, policy.attributes.get("subject"));
    return subjectFactsOf(entity, { state, directory, policy, attributes });
  });
}

function deviceFacts(
  session: Session | null,
  proof: string | null | undefined,
  state: State,
  directory: Directory,
  active: ActivePolicy,
): DeviceFacts | null {
  const facts = knownDevice(session, state, directory, active);
  if (facts === null || session === null) return facts;
  const device = state.device(facts.ref);
  const shared = session.shared === true ? { shared: true } : {};
  if (device === undefined) return session.shared === true ? { ...facts, ...shared } : facts;
  const trust = {
    subject: device.subject,
    until: untilOf(device, active.policy),
    provedAt: provedAtOf(directory, session, proof),
  };
  return { ...facts, ...shared, trust };
}

function knownDevice(
  session: Session | null,
  state: State,
  directory: Directory,
  { policy }: ActivePolicy,
): DeviceFacts | null {
  const ref = session?.device ?? null;
  const entity = ref === null ? undefined : state.entity(ref);
  if (entity === undefined || !isDevice(entity) || entity.deletedAt !== null) return null;
  return directory.facts(entity.ref, "device", policy, () => {
    const attributes = directory.attributes(entity.ref, policy.attributes.get("device"));
    return deviceFactsOf(entity, { directory, policy, attributes });
  });
}
