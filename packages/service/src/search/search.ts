import { type Decision, type EntityName, type EntityRef, refuse } from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Directory } from "../entities/directory.ts";
import type { ActivePolicy } from "../policy/active-policy.ts";
import type { World } from "../ports/world.ts";
import { problem } from "../problem.ts";
import type { RecordChange } from "../projection/project.ts";
import type { State } from "../projection/state.ts";
import type {
  DecisionService,
  Found,
  Outcomes,
  Question,
  SearchPage,
  SearchResult,
  SearchService,
} from "../service.ts";
import { type EntityOrder, entityOrder } from "./entity-order.ts";
import { knownActions } from "./known-actions.ts";
import { queue } from "./queue.ts";
import { type Slices, slices } from "./slices.ts";

/** What one page may cost. A page that ends early says where the next one begins. */
const MOST_DECIDED = 5_000;
const MOST_LOOKED_AT = 100_000;
const LONGEST_MS = 1_000;
/** Searches at once on a node, each a slice in turn; more wait, and beyond that they are told to come back. */
const MOST_AT_ONCE = 4;
const MOST_WAITING = 32;

/** Searches ask the ordinary question of each candidate. They record nothing and spend no use. */
export function searchService(parts: {
  readonly world: World;
  readonly state: State;
  readonly clock: ControlClock;
  readonly directory: Directory;
  readonly active: () => ActivePolicy;
  readonly consider: DecisionService["consider"];
  /** How often the whole log was read: what was known before the last time counts no more. */
  readonly loads: () => number;
  readonly onCommit: (listener: (commit: { readonly changes: readonly RecordChange[] }) => void) => void;
}): SearchService {
  const { world, state, clock, directory } = parts;
  let order = entityOrder();
  let filling: Promise<void> | null = null;
  let full = false;
  let load = parts.loads();
  const turns = queue(MOST_AT_ONCE, MOST_WAITING);
  parts.onCommit(({ changes }) => {
    if (filling === null) return;
    for (const change of changes) if (change.projection === "entities") order.put(change.record);
  });

  /** Brings in every entity once, which goes on without whoever waits; from then on commits do. False: not yet. */
  async function ready(): Promise<boolean> {
    if (load !== parts.loads()) {
      // The log was read anew: what was known of entities is of another history.
      load = parts.loads();
      order = entityOrder();
      full = false;
      filling = null;
    }
    if (full) return true;
    filling ??= fill(order);
    return Promise.race([
      filling.then(() => true),
      new Promise<boolean>((late) => {
        world.after(LONGEST_MS, () => late(false));
      }),
    ]);
  }

  async function fill(into: EntityOrder): Promise<void> {
    const cut = slices(world);
    for (const entity of state.entities()) {
      into.put(entity);
      const rest = cut.next();
      if (rest !== null) await rest;
    }
    if (into === order) full = true;
  }

  async function limited<Item>(search: () => Promise<SearchResult<Item>>): Outcomes<SearchResult<Item>> {
    const turn = await turns.take();
    if (turn === null)
      return refuse(problem("busy", `at most ${MOST_WAITING} searches wait for their turn on a node`));
    try {
      if (!(await ready()))
        return refuse(problem("busy", "this node is still taking stock of what it holds"));
      return { ok: true, value: await search() };
    } finally {
      turn();
    }
  }

  function yes(decision: Decision): boolean {
    return decision.outcome === "permit" || decision.outcome === "honour";
  }

  async function entities(
    type: string,
    page: SearchPage,
    candidate: (ref: EntityRef, name: EntityName) => Question | null,
  ): Promise<SearchResult<EntityName>> {
    const cut = slices(world);
    // Of one history, even where the log is read anew meanwhile.
    const from = order;
    const found: Found<EntityName>[] = [];
    let place = page.after;
    let decided = 0;
    let lookedAt = 0;
    for (;;) {
      const chunk = from.after(type, place);
      if (chunk.length === 0) return { found, next: null, at: clock.now().latest };
      for (const ref of chunk) {
        if (found.length >= page.limit || isSpent(decided, lookedAt, cut) || page.gone())
          return { found, next: place, at: clock.now().latest };
        place = ref;
        lookedAt += 1;
        const name = state.entity(ref)?.deletedAt === null ? directory.name(ref) : null;
        const question = name === null ? null : candidate(ref, name);
        if (name !== null && question !== null) {
          decided += 1;
          const { decision } = parts.consider(question);
          if (yes(decision)) found.push({ item: name, decision });
        }
        const rest = cut.next();
        if (rest !== null) await rest;
      }
    }
  }

  return {
    subjects: (question, type, page) =>
      limited(() =>
        entities(type, page, (ref, name) =>
          ref.startsWith("sub_") ? { ...question, subject: { ...question.subject, ...name } } : null,
        ),
      ),
    resources: (question, type, page) =>
      limited(() =>
        entities(type, page, (_, name) =>
          page.mayTell(name) ? { ...question, resource: { ...question.resource, ...name } } : null,
        ),
      ),
    actions: (question, page) =>
      limited(async () => {
        const cut = slices(world);
        const found: Found<string>[] = [];
        let place = page.after;
        let decided = 0;
        for (const name of knownActions(parts.active().policy)) {
          if (page.after !== null && name <= page.after) continue;
          if (found.length >= page.limit || isSpent(decided, decided, cut) || page.gone())
            return { found, next: place, at: clock.now().latest };
          place = name;
          decided += 1;
          const { decision } = parts.consider({ ...question, action: { ...question.action, name } });
          if (yes(decision)) found.push({ item: name, decision });
          const rest = cut.next();
          if (rest !== null) await rest;
        }
        return { found, next: null, at: clock.now().latest };
      }),
  };
}

function isSpent(decided: number, lookedAt: number, cut: Slices): boolean {
  return decided >= MOST_DECIDED || lookedAt >= MOST_LOOKED_AT || cut.elapsed() >= LONGEST_MS;
}
