import type { KeyObject } from "node:crypto";
import {
  type Compliance,
  dayOf,
  type Factor,
  type Instant,
  missingSignals,
  type Policy,
  type Population,
  parseCount,
  type RiskFacts,
  riskModel,
  rowOfSignals,
  type Session,
  type SubjectRef,
  seenOf,
  signalsOf,
  signInsOf,
  sumOf,
} from "@postern/core";
import type { Keyring } from "../keyring/keyring.ts";
import type { ClientData } from "../ports/client-data.ts";
import type { Store } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { RandomPool } from "../seal/box.ts";
import { crowd, isEmptyPopulation } from "./crowd.ts";
import { FAILED, type Remembered } from "./remembered.ts";
import { keyedHash, type Origin, originKey, seenFrom } from "./seen.ts";
import { profileShelf } from "./shelf.ts";

/** What is known of the risk of who asks: fed by sign-ins, read by decisions. */
export interface RiskState {
  /** From memory alone. Undefined: policy does not ask for it, or it is still being fetched. */
  facts(subject: SubjectRef | null, from: Origin, policy: Policy): RiskFacts | undefined;
  /** A sign-in that met its challenge. What is not usual yet becomes so by what the session has proved. */
  signedIn(session: Session, from: Origin): Promise<void>;
  failed(subject: SubjectRef): Promise<void>;
  /** Something else that signals rest on has changed. */
  changed(subject: SubjectRef): void;
  flush(): Promise<void>;
  /** Writes what is left, and nothing more by itself. */
  close(): Promise<void>;
}

const MOST_SUBJECTS = 50_000;
const MOST_ORIGINS = 8;
/** Of everybody whom nobody knows, together. */
const MOST_VISITS = 4_096;
const VISITORS = "visitors";

type Worked = Map<string, { readonly policy: Policy; readonly facts: RiskFacts }>;

export function riskState(parts: {
  readonly world: World;
  readonly store: Pick<Store, "artifacts">;
  readonly keys: Pick<Keyring, "get">;
  readonly pool: RandomPool;
  readonly key: KeyObject;
  readonly working: KeyObject;
  readonly data: ClientData | null;
  readonly now: () => Instant;
  /** All that there ever were: one that was removed is a credential that changed. */
  readonly factorsOf: (subject: SubjectRef) => readonly Pick<Factor, "enrolledAt" | "removedAt">[];
  readonly complianceOf: (device: string | null, subject: SubjectRef | null) => Compliance;
  /** Told what an operator should know; never anything personal. */
  readonly alarm: (detail: string) => void;
  /** Asked of somebody with a history, as if no attempt had failed. */
  readonly mayBecomeUsual: (session: Session, from: Origin) => boolean;
}): RiskState {
  const { now, data } = parts;
  const hash = keyedHash(parts.key);
  const everybody = crowd(parts);
  const worked = new Map<string, Worked>();
  let told = false;
  /** Whose failed attempts do not count while it is asked whether a sign-in of theirs is usual. */
  let forgiven: SubjectRef | null = null;
  const changed = (subject: string): void => {
    worked.delete(subject);
  };
  const shelf = profileShelf({ ...parts, onFetched: changed });

  function workOut(
    subject: SubjectRef | null,
    known: Remembered | null,
    population: Population,
    from: Origin,
    policy: Policy,
    compliance: Compliance,
  ): RiskFacts {
    const at = now();
    const scoring = policy.risk?.scoring;
    const { sighting, placed, address } = seenFrom(from, at, hash, data);
    const failed = parseCount(subject !== null && subject === forgiven ? 0 : (known?.failed ?? 0));
    const profile = known?.profile ?? null;
    const factors = subject === null ? [] : parts.factorsOf(subject);
    const last = factors
      .flatMap(({ enrolledAt, removedAt }) => (removedAt === null ? [enrolledAt] : [enrolledAt, removedAt]))
      .reduce<Instant | null>((late, one) => (late === null || one > late ? one : late), null);
    const around = {
      placed,
      knownBadNetwork: address === null ? null : (scoring?.networks.has(address) ?? false),
      failedAttempts: failed.ok ? failed.value : null,
      credentialChangedAt: last,
      compliance,
    };
    const signals = signalsOf(profile, sighting, around, dayOf(at));
    const evidence = { sighting, profile, population, day: dayOf(at), signals };
    const found =
      scoring === undefined ? [] : riskModel(scoring.model, scoring.calibration).contributions(evidence);
    return {
      signals,
      row: rowOfSignals(signals),
      found,
      sum: sumOf(found),
      missing: missingSignals(scoring?.required ?? [], sighting, around),
      history: profile !== null && signInsOf(profile) > 0,
    };
  }

  /** Everybody's counts are written after profiles are: where they are lost alone, every value would look rare. */
  function knows(population: Population, known: Remembered | null): boolean {
    if (known === null || signInsOf(known.profile) === 0 || !isEmptyPopulation(population)) return true;
    if (!told) parts.alarm("histories stand, and what everybody comes with is gone: it is counted anew");
    told = true;
    return false;
  }

  function isUsual(session: Session, from: Origin): boolean {
    forgiven = session.subject;
    changed(forgiven);
    try {
      return parts.mayBecomeUsual(session, from);
    } finally {
      forgiven = null;
      changed(session.subject);
    }
  }

  function originsOf(who: string): Worked {
    const found = worked.get(who);
    if (found !== undefined) return found;
    dropOldest(worked, MOST_SUBJECTS);
    const made: Worked = new Map();
    worked.set(who, made);
    return made;
  }

  return {
    facts(subject, from, policy) {
      if (!asksForRisk(policy)) return undefined;
      const known = subject === null ? null : shelf.find(subject);
      const population = everybody.population();
      if (known === undefined || population === null || !knows(population, known)) return undefined;
      const compliance = parts.complianceOf(from.device, subject);
      const key = originKey(from, now(), compliance);
      const origins = originsOf(subject ?? VISITORS);
      const found = origins.get(key);
      // The one that was asked for last goes last.
      if (found !== undefined) origins.delete(key);
      else dropOldest(origins, subject === null ? MOST_VISITS : MOST_ORIGINS);
      const facts =
        found?.policy === policy
          ? found.facts
          : workOut(subject, known, population, from, policy, compliance);
      origins.set(key, { policy, facts });
      return facts;
    },
    async signedIn(session, from) {
      const { subject } = session;
      const [known, population] = await Promise.all([shelf.fetch(subject), everybody.fetch()]);
      const at = now();
      const { sighting, placed } = seenFrom(from, at, hash, data);
      // What cannot be read may be a history.
      const history = known === undefined || signInsOf(known.profile) > 0;
      if (history && !isUsual(session, from)) {
        // Where nothing is known of everybody no level can be told: somebody's sign-in has to begin it.
        if (population !== null && isEmptyPopulation(population))
          everybody.observe(sighting.filter((token) => token !== 0));
        return;
      }
      const day = dayOf(at);
      const before = await shelf.change(subject, {
        signIns: [{ sighting, observed: { day, placed } }],
        failed: 0,
      });
      changed(subject);
      if (before === undefined) return;
      // Everybody's counts take each value of a subject once a day, so that nobody makes one common alone.
      everybody.observe(
        sighting.filter((token) => token !== 0 && seenOf(before.profile, token)?.lastDay !== day),
      );
    },
    async failed(subject) {
      await shelf.change(subject, FAILED);
      changed(subject);
    },
    changed,
    async flush() {
      await shelf.flush();
      await everybody.flush();
    },
    async close() {
      await shelf.close();
      await everybody.close();
    },
  };
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  if (map.size < most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

const asking = new WeakMap<Policy, boolean>();

/** Whether policy makes a score, or some condition reads a signal. */
function asksForRisk(policy: Policy): boolean {
  const known = asking.get(policy);
  if (known !== undefined) return known;
  const rules = [
    ...(policy.risk?.rules ?? []),
    ...policy.protections.flatMap(({ permit }) => permit ?? []),
    ...[...policy.offers.values()].flatMap((offer) =>
      [offer.who, offer.while].filter((rule) => rule !== null),
    ),
  ];
  const asks =
    policy.risk?.scoring !== undefined ||
    rules.some(({ when }) => when.reads.some((read) => read.startsWith("signals")));
  asking.set(policy, asks);
  return asks;
}
