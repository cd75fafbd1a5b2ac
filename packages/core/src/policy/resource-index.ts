import type { ResourcePattern } from "../opt-out/scope.ts";
import type { Protection, ProtectionIndex } from "./revision.ts";

/** A place in the tree of patterns as they are written. */
interface Branch {
  readonly literal: Map<string, Branch>;
  any: Branch | null;
  readonly exact: Protection[];
  readonly below: Protection[];
}

/**
 * A place in the tree as requests walk it: all branches that the segments so far can mean, and what is
 * inherited on the way. A segment that no pattern names leads to `other`, so a request makes no new states.
 */
interface State {
  readonly branches: readonly Branch[];
  readonly inherited: readonly Protection[];
  readonly next: Map<string, State>;
  other: State | null;
  /** False beyond the bound: then nothing refers to it, and it is forgotten after the request. */
  readonly kept: boolean;
  answer: Answer | null;
}

/** Per action that some Protection names; every other action shares one list. */
interface Answer {
  readonly named: ReadonlyMap<string, readonly Protection[]>;
  readonly other: readonly Protection[];
}

const NONE: readonly Protection[] = Object.freeze([]);

/** Paths that differ only by case are one on many servers, so routes are found regardless of case. */
function foldsCase(type: string): boolean {
  return type === "route";
}

export function createResourceIndex(protections: readonly Protection[]): ProtectionIndex {
  const roots = new Map<string, Branch>();
  let branches = 0;
  for (const protection of protections) {
    for (const pattern of protection.resources) plant(pattern, protection);
  }
  const most = 4 * branches + 1024;
  const order = new Map(protections.map((protection, at) => [protection, at]));
  const states = new Map<string, State>();
  const numbers = new Map<object, number>();
  const starts = new Map<string, State>();
  for (const [type, root] of roots) starts.set(type, enter([root], NONE));

  return {
    find(type, segments, action) {
      let state = starts.get(type);
      if (state === undefined) return NONE;
      for (let at = 0; at < segments.length && state.branches.length > 0; at++) {
        state = step(state, segments[at] ?? "", type);
      }
      state.answer ??= answerOf(state);
      const { answer } = state;
      return answer.named.get(action) ?? answer.other;
    },
  };

  function plant(pattern: ResourcePattern, protection: Protection): void {
    let branch = roots.get(pattern.type);
    if (branch === undefined) {
      branch = newBranch();
      roots.set(pattern.type, branch);
    }
    for (const segment of pattern.segments) {
      if (segment === "*") {
        branch.any ??= newBranch();
        branch = branch.any;
        continue;
      }
      const key = foldsCase(pattern.type) ? segment.toLowerCase() : segment;
      let child = branch.literal.get(key);
      if (child === undefined) {
        child = newBranch();
        branch.literal.set(key, child);
      }
      branch = child;
    }
    const list = pattern.subtree ? branch.below : branch.exact;
    if (!list.includes(protection)) list.push(protection);
  }

  function newBranch(): Branch {
    branches++;
    return { literal: new Map(), any: null, exact: [], below: [] };
  }

  function step(state: State, segment: string, type: string): State {
    const found = state.next.get(segment);
    if (found !== undefined) return found;
    const key = foldsCase(type) ? segment.toLowerCase() : segment;
    const folded = key === segment ? undefined : state.next.get(key);
    if (folded !== undefined) return folded;
    const children: Branch[] = [];
    let named = false;
    for (const branch of state.branches) {
      const literal = branch.literal.get(key);
      if (literal !== undefined) {
        children.push(literal);
        named = true;
      }
      if (branch.any !== null) children.push(branch.any);
    }
    if (!named && state.other !== null) return state.other;
    const next = enter(children, state.inherited);
    if (!next.kept || !state.kept) return next;
    if (named) state.next.set(key, next);
    else state.other = next;
    return next;
  }

  /** The shared state of these branches; beyond the bound, one that is forgotten again. */
  function enter(here: readonly Branch[], above: readonly Protection[]): State {
    const inherited = append(above, here, (branch) => branch.below);
    const key = `${here.map(numberOf).join(",")}|${inherited.map(numberOf).join(",")}`;
    const known = states.get(key);
    if (known !== undefined) return known;
    const kept = states.size < most;
    const state: State = { branches: here, inherited, next: new Map(), other: null, kept, answer: null };
    if (kept) states.set(key, state);
    return state;
  }

  function numberOf(thing: object): number {
    let number = numbers.get(thing);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(thing, number);
    }
    return number;
  }

  /** From the root down; of one level, in the order of the documents; each Protection once. */
  function append(
    above: readonly Protection[],
    here: readonly Branch[],
    of: (branch: Branch) => readonly Protection[],
  ): readonly Protection[] {
    const added = new Set<Protection>();
    for (const branch of here) {
      for (const protection of of(branch)) if (!above.includes(protection)) added.add(protection);
    }
    if (added.size === 0) return above;
    return [...above, ...[...added].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))];
  }

  function answerOf(state: State): Answer {
    const all = append(state.inherited, state.branches, (branch) => branch.exact);
    const actions = new Set<string>();
    for (const protection of all) for (const action of protection.actions ?? []) actions.add(action);
    const covering = (action: string | null): readonly Protection[] =>
      Object.freeze(all.filter(({ actions: own }) => own === null || (action !== null && own.has(action))));
    const named = new Map<string, readonly Protection[]>();
    for (const action of actions) named.set(action, covering(action));
    return { named, other: covering(null) };
  }
}
