import type { ResourcePattern } from "../opt-out/scope.ts";
import { covering, sharing, UNCOVERED } from "./covering.ts";
import type { Covering, Protection, ProtectionIndex } from "./revision.ts";

/** A place in the tree of patterns as they are written. */
interface Branch {
  readonly literal: Map<string, Branch>;
  any: Branch | null;
  readonly exact: Protection[];
  readonly below: Protection[];
}

type List = readonly Protection[];

/**
 * A place in the tree as requests walk it: all branches that the segments so far can mean, and what is
 * inherited on the way. A segment that no pattern names leads to `other`, so no request makes new states.
 */
interface State {
  // Order matters: what every lookup reads comes first, so that it shares a cache line.
  /** By the segments that patterns name. */
  readonly next: Map<string, State>;
  /** Nothing lies below: every deeper path has the answer of `other`. */
  readonly leaf: boolean;
  other: State | null;
  /** The place in `answers` of each action that is named here. */
  slots: ReadonlyMap<string, number>;
  /** What covers all named actions, where it is the same; null: see `answers`, or not yet answered. */
  named: Covering | null;
  /** By place; the first is that of every action not named. */
  answers: readonly Covering[] | null;
  readonly branches: readonly Branch[];
  readonly inherited: List;
  /** False beyond the bound: then nothing refers to it, and it is forgotten after the request. */
  readonly kept: boolean;
}

const NONE: List = Object.freeze([]);
const NO_SLOTS: ReadonlyMap<string, number> = new Map();

/** Paths that differ only by case are one on many servers, so routes are found regardless of case. */
function foldsCase(type: string): boolean {
  return type === "route";
}

/** Compiles the tree. Lookups allocate nothing once a part of the tree has been visited. */
export function createResourceIndex(protections: List): ProtectionIndex {
  const roots = new Map<string, Branch>();
  const share = sharing();
  const order = new Map(protections.map((protection, at) => [protection, at]));
  const states = new Map<string, State>();
  const ways = new Map<string, List>();
  const numbers = new WeakMap<object, number>();
  let lastNumber = 0;
  const actionSets = new Map<string, ReadonlyMap<string, number>>();
  const none = new Map<string, State>();
  let branchCount = 0;
  for (const protection of protections) {
    for (const pattern of protection.resources) plant(pattern, protection);
  }
  const most = 4 * branchCount + 1024;
  const starts = new Map<string, State>();
  for (const [type, root] of roots) starts.set(type, enter([root], NONE));

  return {
    find(type, segments, action) {
      let state = starts.get(type);
      if (state === undefined) return UNCOVERED;
      const fold = foldsCase(type);
      for (let at = 0; at < segments.length; at++) {
        if (state.leaf) {
          state = state.other ?? below(state);
          break;
        }
        const segment = segments[at] ?? "";
        state = state.next.get(segment) ?? step(state, fold ? segment.toLowerCase() : segment);
      }
      const slot = state.slots.get(action);
      if (slot !== undefined && state.named !== null) return state.named;
      if (state.answers !== null) return state.answers[slot ?? 0] ?? UNCOVERED;
      const answers = answer(state);
      return answers[state.slots.get(action) ?? 0] ?? UNCOVERED;
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
    branchCount++;
    return { literal: new Map(), any: null, exact: [], below: [] };
  }

  /** `key` is the segment as patterns name it. */
  function step(state: State, key: string): State {
    const known = state.next.get(key);
    if (known !== undefined) return known;
    if (!state.branches.some((branch) => branch.literal.has(key))) return state.other ?? below(state);
    const children: Branch[] = [];
    for (const { literal, any } of state.branches) {
      const child = literal.get(key);
      if (child !== undefined) children.push(child);
      if (any !== null) children.push(any);
    }
    const next = enter(children, state.inherited);
    if (state.kept && next.kept) state.next.set(key, next);
    return next;
  }

  /** Where a segment leads that no pattern names. */
  function below(state: State): State {
    const children = state.branches.flatMap(({ any }) => (any === null ? [] : [any]));
    const next = enter(children, state.inherited);
    if (state.kept && next.kept) state.other = next;
    return next;
  }

  /** The shared state of these branches; beyond the bound, one that is forgotten again. */
  function enter(here: readonly Branch[], above: List): State {
    const inherited = inherit(above, here);
    const key = `${here.map(numberOf).join(",")}|${numberOf(inherited)}`;
    const known = states.get(key);
    if (known !== undefined) return known;
    const leaf = here.every(({ literal, any }) => literal.size === 0 && any === null);
    const kept = states.size < most;
    const next = leaf ? none : new Map<string, State>();
    const state: State = {
      next,
      leaf,
      other: null,
      slots: NO_SLOTS,
      named: null,
      answers: null,
      branches: here,
      inherited,
      kept,
    };
    const asDeeper = leaf && here.every(({ exact }) => exact.length === 0);
    if (asDeeper) state.other = state;
    if (kept) states.set(key, state);
    return state;
  }

  /** One list for one way down, so that states are told apart by it and not by its content. */
  function inherit(above: List, here: readonly Branch[]): List {
    const list = append(above, here, (branch) => branch.below);
    if (list === above) return above;
    const key = `${numberOf(above)}+${list.slice(above.length).map(numberOf).join(",")}`;
    const known = ways.get(key);
    if (known !== undefined) return known;
    if (ways.size < most) ways.set(key, list);
    return list;
  }

  function numberOf(thing: object): number {
    let number = numbers.get(thing);
    if (number === undefined) {
      number = ++lastNumber;
      numbers.set(thing, number);
    }
    return number;
  }

  /** From the root down; of one level, in the order of the documents; each Protection once. */
  function append(above: List, here: readonly Branch[], of: (branch: Branch) => List): List {
    const added = new Set<Protection>();
    for (const branch of here) {
      for (const protection of of(branch)) if (!above.includes(protection)) added.add(protection);
    }
    if (added.size === 0) return above;
    return [...above, ...[...added].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))];
  }

  function answer(state: State): readonly Covering[] {
    const all = append(state.inherited, state.branches, (branch) => branch.exact);
    const actions = [...new Set(all.flatMap((protection) => [...(protection.actions ?? [])]))].sort();
    const key = actions.join(" ");
    let slots = actionSets.get(key);
    if (slots === undefined) {
      slots = new Map(actions.map((action, at) => [action, at + 1]));
      actionSets.set(key, slots);
    }
    const found = (action: string | null): List =>
      all.filter(({ actions: own }) => own === null || (action !== null && own.has(action)));
    const made: Covering[] = [];
    const shared = (list: List): Covering => {
      const alike = made.find(({ protections: known }) => equal(known, list));
      if (alike !== undefined) return alike;
      const fresh = covering(Object.freeze(list), share);
      made.push(fresh);
      return fresh;
    };
    const [unnamed = UNCOVERED, ...named] = [null, ...actions].map((action) => shared(found(action)));
    const [first] = named;
    const answers = [unnamed, ...named];
    state.slots = slots;
    state.named = first !== undefined && named.every((one) => one === first) ? first : null;
    state.answers = answers;
    return answers;
  }
}

function equal(a: List, b: List): boolean {
  return a.length === b.length && a.every((one, at) => one === b[at]);
}
