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
import { entityOrder } from "./entity-order.ts";
import { knownActions } from "./known-actions.ts";
import { type Slices, slices } from "./slices.ts";

/** What one page may cost. A page that ends early says where the next one begins. */
const MOST_DECIDED = 5_000;
const MOST_LOOKED_AT = 100_000;
const LONGEST_MS = 1_000;
/** Searches at once on a node; the next one is told to come back. */
const MOST_AT_ONCE = 16;

/** Searches ask the ordinary question of each candidate. They record nothing and spend no use. */
export function searchService(parts: {
  readonly world: World;
  readonly state: State;
  readonly clock: ControlClock;
  readonly directory: Directory;
  readonly active: () => ActivePolicy;
  readonly consider: DecisionService["consider"];
  readonly onCommit: (listener: (commit: { readonly changes: readonly RecordChange[] }) => void) => void;
}): SearchService {
  const { world, state, clock, directory } = parts;
  const order = entityOrder();
  let filling: Promise<void> | null = null;
  let full = false;
  let running = 0;

  /** Brings in every entity once, which goes on without whoever waits; from then on commits do. False: not yet. */
  async function ready(): Promise<boolean> {
    if (full) return true;
    filling ??= fill();
    return Promise.race([
      filling.then(() => true),
      new Promise<boolean>((late) => {
        world.after(LONGEST_MS, () => late(false));
      }),
    ]);
  }

  async function fill(): Promise<void> {
    parts.onCommit(({ changes }) => {
      for (const change of changes) if (change.projection === "entities") order.put(change.record);
    });
    const cut = slices(world);
    for (const entity of state.entities()) {
      order.put(entity);
      const rest = cut.next();
      if (rest !== null) await rest;
    }
    full = true;
  }

  async function limited<Item>(search: () => Promise<SearchResult<Item>>): Outcomes<SearchResult<Item>> {
    if (running >= MOST_AT_ONCE)
      return refuse(problem("busy", `at most ${MOST_AT_ONCE} searches run at once on a node`));
    running += 1;
    try {
      if (!(await ready()))
        return refuse(problem("busy", "this node is still taking stock of what it holds"));
      return { ok: true, value: await search() };
    } finally {
      running -= 1;
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
    const found: Found<EntityName>[] = [];
    let place = page.after;
    let decided = 0;
    let lookedAt = 0;
    for (;;) {
      const chunk = order.after(type, place);
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
