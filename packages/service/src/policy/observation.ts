import {
  type Answered,
  answered,
  decide,
  formatInstant,
  type Instant,
  instant,
  milliseconds,
  type Policy,
  parseUntil,
  plus,
  refuse,
  type Tally,
  tally,
} from "@postern/core";
import { isBound, needScope, notFound } from "../access.ts";
import type { Caller } from "../caller.ts";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Made, Recorded } from "../decisions/recorded.ts";
import { readSheet, sheetOf } from "../decisions/sheet.ts";
import type { Store } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import { slices } from "../search/slices.ts";
import type { ObservationService } from "../service.ts";
import type { ActivePolicy } from "./active-policy.ts";
import { compiledCandidate } from "./candidate.ts";
import { mayTry } from "./simulation.ts";
import { asRecorded } from "./simulation-facts.ts";
import type { ObservationView } from "./simulation-views.ts";

export interface Observing extends ObservationService {
  /** Given every decision once it was answered; keeps a bounded few of them for later. */
  readonly made: (made: Made, before: () => Answered) => void;
  /** Learns what another node or an earlier life of this one began. */
  look(): Promise<void>;
}

/** Where all nodes find which revision is observed. Working state: losing it ends an observation. */
const CURSOR = "policy-observation";
const LONGEST = milliseconds(90 * 24 * 3_600_000);
const MOST_WAITING = 512;
const DRAIN_AFTER_MS = 20;
const GROUPS_TOLD = 20;

interface Kept {
  readonly revision: string;
  readonly startedAt: Instant;
  readonly until: Instant;
}

interface Underway extends Kept {
  readonly policy: Policy;
  readonly counts: Tally;
  notCompared: number;
}

export function observationService(parts: {
  readonly world: World;
  readonly store: Store;
  readonly state: State;
  readonly clock: ControlClock;
  readonly active: () => ActivePolicy;
}): Observing {
  const { world, store, state, clock } = parts;
  let underway: Underway | null = null;
  let draining = false;
  const waiting: { readonly made: Made; readonly before: () => Answered }[] = [];

  const isOver = ({ until }: Kept): boolean => clock.now().latest >= until;
  /** Groups name resources and people: who is bound to some resources is told how many decisions, and no more. */
  const view = (one: Underway, caller: Caller): ObservationView => ({
    revision: one.revision,
    startedAt: formatInstant(one.startedAt),
    until: formatInstant(one.until),
    state: isOver(one) ? "ended" : "observing",
    compared: one.counts.decisions(),
    notCompared: one.notCompared,
    blast: one.counts.report(isBound(caller) ? 0 : GROUPS_TOLD),
  });

  async function drain(): Promise<void> {
    const cut = slices(world);
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const of = underway;
      if (of === null) continue;
      const recorded = recordedOf(next.made);
      if (recorded === null) continue;
      const { request, facts, now } = asRecorded(recorded, of.policy, state);
      const after = answered(decide(request, facts, of.policy, now), of.policy);
      of.counts.add({ id: next.made.id, request, before: next.before(), after });
      const rest = cut.next();
      if (rest !== null) await rest;
    }
    draining = false;
  }

  async function begin(kept: Kept): Promise<boolean> {
    const candidate = await compiledCandidate({ revision: kept.revision }, parts);
    if (!candidate.ok) return false;
    underway = { ...kept, policy: candidate.value.policy, counts: tally(), notCompared: 0 };
    return true;
  }

  async function write(kept: Kept): Promise<boolean> {
    const before = await store.cursor(CURSOR);
    return store.moveCursor(CURSOR, before?.version ?? 0, JSON.stringify(kept));
  }

  return {
    made(made, before) {
      if (underway === null || isOver(underway)) return;
      if (waiting.length >= MOST_WAITING) {
        underway.notCompared += 1;
        return;
      }
      waiting.push({ made, before });
      if (draining) return;
      draining = true;
      world.after(DRAIN_AFTER_MS, () => void drain());
    },
    async look() {
      const kept = readKept((await store.cursor(CURSOR))?.body);
      if (kept === null) return;
      const same = underway?.revision === kept.revision && underway.startedAt === kept.startedAt;
      if (!same) await begin(kept);
      else if (underway !== null && underway.until !== kept.until)
        underway = { ...underway, until: kept.until };
    },
    async start(caller, revision, { until: text }) {
      const allowed = mayTry(caller);
      if (!allowed.ok) return allowed;
      const now = clock.now().latest;
      const until = parseUntil(text);
      if (!until.ok) return refuse(problem("policy.span", `\`until\`: ${until.refusal}`));
      if (until.value <= now || until.value > plus(now, LONGEST))
        return refuse(problem("policy.span", "expected `until` within the next 90 days"));
      if (parts.active().id === revision)
        return refuse(
          problem("policy.already_active", "this revision is in force, so there is nothing to observe"),
        );
      const candidate = await compiledCandidate({ revision }, parts);
      if (!candidate.ok) return candidate;
      const kept = { revision, startedAt: now, until: until.value };
      if (!(await write(kept)))
        return refuse(problem("version.changed", "somebody else changed what is observed; look again"));
      await begin(kept);
      return underway === null
        ? notFound("observation of", revision)
        : { ok: true, value: view(underway, caller) };
    },
    async stop(caller, revision) {
      const allowed = needScope(caller, "policy.write", "policy.activate");
      if (!allowed.ok) return allowed;
      if (underway?.revision !== revision) return notFound("observation of", revision);
      const ended = { ...underway, until: instant(Math.min(underway.until, clock.now().latest)) };
      const { startedAt, until } = ended;
      if (!(await write({ revision, startedAt, until })))
        return refuse(problem("version.changed", "somebody else changed what is observed; look again"));
      underway = ended;
      return { ok: true, value: { revision, until: formatInstant(until), state: "ended" } };
    },
    async get(caller, revision) {
      const allowed = needScope(caller, "explain");
      if (!allowed.ok) return allowed;
      return underway?.revision === revision
        ? { ok: true, value: view(underway, caller) }
        : notFound("observation of", revision);
    },
    current: (caller) => (underway === null ? null : view(underway, caller)),
  };
}

function recordedOf(made: Made): Recorded | null {
  return readSheet(sheetOf([made]), made.id);
}

/** What is not as we write it is no observation. */
function readKept(body: string | undefined): Kept | null {
  if (body === undefined) return null;
  try {
    const { revision, startedAt, until } = JSON.parse(body) as Partial<Kept>;
    return typeof revision === "string" && Number.isSafeInteger(startedAt) && Number.isSafeInteger(until)
      ? { revision, startedAt: startedAt as Instant, until: until as Instant }
      : null;
  } catch {
    return null;
  }
}
