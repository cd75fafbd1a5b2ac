import type { KeyObject } from "node:crypto";
import {
  dayOf,
  type Factor,
  type Instant,
  missingSignals,
  observe,
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
import { crowd } from "./crowd.ts";
import { keyedHash, type Origin, seenFrom, timeBucket } from "./seen.ts";
import { profileShelf, type Remembered } from "./shelf.ts";

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
}

const MOST_SUBJECTS = 50_000;
const MOST_ORIGINS = 8;
const VISITORS = "visitors";

export function riskState(parts: {
  readonly world: World;
  readonly store: Pick<Store, "artifacts">;
  readonly keys: Pick<Keyring, "get">;
  readonly pool: RandomPool;
  readonly key: KeyObject;
  readonly working: KeyObject;
  readonly data: ClientData | null;
  readonly now: () => Instant;
  readonly factorsOf: (subject: SubjectRef) => readonly Factor[];
  /** Asked of somebody with a history, as if no attempt had failed. */
  readonly mayBecomeUsual: (session: Session, from: Origin) => boolean;
}): RiskState {
  const { now, data } = parts;
  const hash = keyedHash(parts.key);
  const everybody = crowd(parts);
  const worked = new Map<string, Map<string, { readonly policy: Policy; readonly facts: RiskFacts }>>();
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
  ): RiskFacts {
    const at = now();
    const scoring = policy.risk?.scoring;
    const { sighting, placed, address } = seenFrom(from, at, hash, data);
    const failed = parseCount(known?.failed ?? 0);
    const profile = known?.profile ?? null;
    const enrolled = subject === null ? [] : parts.factorsOf(subject).map(({ enrolledAt }) => enrolledAt);
    const last = enrolled.reduce<Instant | null>(
      (late, one) => (late === null || one > late ? one : late),
      null,
    );
    const around = {
      placed,
      knownBadNetwork: address === null ? null : (scoring?.networks.has(address) ?? false),
      failedAttempts: failed.ok ? failed.value : null,
      credentialChangedAt: last,
      compliance: "unknown",
    } as const;
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

  return {
    facts(subject, from, policy) {
      if (!asksForRisk(policy)) return undefined;
      const known = subject === null ? null : shelf.find(subject);
      const population = everybody.population();
      if (known === undefined || population === null) return undefined;
      const who = subject ?? VISITORS;
      const { client, network, device } = from;
      const key = `${client?.address ?? network}\n${client?.agent}\n${device}\n${timeBucket(now())}`;
      let origins = worked.get(who);
      const found = origins?.get(key);
      if (found !== undefined && found.policy === policy) return found.facts;
      const facts = workOut(subject, known, population, from, policy);
      if (origins === undefined) {
        if (worked.size >= MOST_SUBJECTS) worked.clear();
        origins = new Map();
        worked.set(who, origins);
      }
      if (origins.size >= MOST_ORIGINS) origins.clear();
      origins.set(key, { policy, facts });
      return facts;
    },
    async signedIn(session, from) {
      const { subject } = session;
      const [known, population] = await Promise.all([shelf.fetch(subject), everybody.fetch()]);
      if (known === undefined || population === null) return;
      if (signInsOf(known.profile) > 0) {
        shelf.put(subject, { ...known, failed: 0 });
        changed(subject);
        const usual = parts.mayBecomeUsual(session, from);
        shelf.put(subject, known);
        changed(subject);
        if (!usual) return;
      }
      const at = now();
      const { sighting, placed } = seenFrom(from, at, hash, data);
      const day = dayOf(at);
      // Everybody's counts take each value of a subject once a day, so that nobody makes one common alone.
      const fresh = sighting.filter((token) => token !== 0 && seenOf(known.profile, token)?.lastDay !== day);
      everybody.observe(fresh);
      shelf.put(subject, { profile: observe(known.profile, sighting, { day, placed }), failed: 0 });
      changed(subject);
    },
    async failed(subject) {
      const known = await shelf.fetch(subject);
      if (known === undefined) return;
      const count = parseCount(known.failed + 1);
      shelf.put(subject, { ...known, failed: count.ok ? count.value : known.failed });
      changed(subject);
    },
    changed,
    async flush() {
      await shelf.flush();
      await everybody.flush();
    },
  };
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
