import { type Decision, FOLDED } from "@postern/core";

/** One way in which things were asked for. */
export interface Way {
  readonly resource: string;
  readonly action: string;
  last: Decision;
  /** The turn in which it was last counted, over all rooms. */
  turn: number;
  seen: number;
  ungoverned: number;
}

export interface Room {
  /** Counts one decision; answers how many fell out of what is kept apart. */
  count(asked: Asked, decision: Decision, turn: number): number;
  ways(): Iterable<Way>;
}

export interface Asked {
  /** Action and resource as they were asked for. */
  readonly raw: string;
  readonly action: string;
  readonly type: string;
  readonly template: () => readonly string[];
  readonly text: (template: readonly string[]) => string;
}

/** Words in one place of a path that are kept apart, before they count as names of things. */
const MOST_WORDS = 40;
const MOST_KNOWN = 10_000;
/** What is longer is folded anew each time: strangers choose how long. */
const LONGEST_KNOWN = 256;

interface Branch {
  readonly words: Map<string, Branch>;
  /** Ways that lie beyond it. */
  ways: number;
}

interface Kept extends Way {
  readonly key: string;
  readonly path: readonly string[];
}

/**
 * Ways up to a number. When it is full, the oldest makes place where `oldestGo`; else what is new is only counted. A
 * word is kept as long as a way needs it, so that there are never more of them than ways have places.
 */
export function room(most: number, oldestGo: boolean): Room {
  const ways = new Map<string, Kept>();
  const root: Branch = { words: new Map(), ways: 0 };
  /** The way of what was asked for, so that most decisions fold nothing. */
  let known = new Map<string, Kept>();

  /** A place that has many words holds names: further ones are folded. Changes nothing. */
  function bounded(words: readonly string[]): readonly string[] {
    let branch: Branch | undefined = root;
    return words.map((word) => {
      const name: string =
        branch === undefined || branch.words.has(word) || branch.words.size < MOST_WORDS ? word : FOLDED;
      branch = branch?.words.get(name);
      return name;
    });
  }
  function hold(path: readonly string[]): void {
    let branch = root;
    for (const word of path) {
      const next: Branch = branch.words.get(word) ?? { words: new Map(), ways: 0 };
      branch.words.set(word, next);
      next.ways += 1;
      branch = next;
    }
  }
  function release(path: readonly string[]): void {
    let branch = root;
    for (const word of path) {
      const next = branch.words.get(word);
      if (next === undefined) return;
      next.ways -= 1;
      if (next.ways === 0) branch.words.delete(word);
      branch = next;
    }
  }
  function remember(raw: string, way: Kept): void {
    if (raw.length > LONGEST_KNOWN) return;
    if (known.size >= MOST_KNOWN) known = new Map();
    known.set(raw, way);
  }

  return {
    ways: () => ways.values(),
    count({ raw, action, type, template, text }, decision, turn) {
      const before = known.get(raw);
      if (before !== undefined && ways.get(before.key) === before) {
        add(before, decision, turn);
        return 0;
      }
      const path = bounded([type, ...template()]);
      const resource = text(path.slice(1));
      const key = `${action} ${path[0]} ${resource}`;
      let way = ways.get(key);
      let out = 0;
      if (way === undefined) {
        if (ways.size >= most) {
          if (!oldestGo) return 1;
          for (const oldest of ways.values()) {
            ways.delete(oldest.key);
            release(oldest.path);
            out += oldest.seen;
            break;
          }
        }
        way = { key, path, resource, action, last: decision, turn, seen: 0, ungoverned: 0 };
        ways.set(key, way);
        hold(path);
      }
      remember(raw, way);
      add(way, decision, turn);
      return out;
    },
  };
}

function add(way: Way, decision: Decision, turn: number): void {
  way.last = decision;
  way.turn = turn;
  way.seen += 1;
  if (!decision.governed) way.ungoverned += 1;
}
