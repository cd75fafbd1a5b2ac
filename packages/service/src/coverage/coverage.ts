import { type Decision, type DecisionRequest, FOLDED, routeTemplate, templateText } from "@postern/core";
import { needScope } from "../access.ts";
import type { ActivePolicy } from "../policy/active-policy.ts";
import type { CoverageService } from "../service.ts";
import type { CoverageRow } from "./coverage-views.ts";

/** Ways that are kept apart. Strangers choose paths: what does not fit is counted and no more. */
const MOST_WAYS = 2_000;
/** Words in one place of a path that are kept apart, before they count as names of things. */
const MOST_WORDS = 40;
const MOST_KNOWN = 10_000;
const NONE: readonly string[] = [];

interface Way {
  readonly resource: string;
  readonly action: string;
  last: Decision;
  seen: number;
  ungoverned: number;
}

interface Branch {
  readonly words: Map<string, Branch>;
}

export function coverage(parts: {
  readonly active: () => ActivePolicy;
}): CoverageService & { readonly seen: (request: DecisionRequest, decision: Decision) => void } {
  let of: ActivePolicy | null = null;
  let ways = new Map<string, Way>();
  let words = new Map<string, Branch>();
  let more = 0;
  /** The way of a resource and action as they were asked for, so that most decisions fold nothing. */
  let known = new Map<string, Way>();

  const fresh = (): void => {
    const active = parts.active();
    if (of === active) return;
    of = active;
    ways = new Map();
    words = new Map();
    known = new Map();
    more = 0;
  };
  /** A place that has had many words holds names: from then on they are folded. */
  const bounded = (type: string, template: readonly string[]): readonly string[] => {
    let branch = words.get(type);
    if (branch === undefined) {
      if (words.size >= MOST_WORDS) return [FOLDED];
      branch = { words: new Map() };
      words.set(type, branch);
    }
    const kept: string[] = [];
    for (const word of template) {
      let next: Branch | undefined = branch.words.get(word);
      if (next === undefined) {
        const name: string = branch.words.size >= MOST_WORDS ? FOLDED : word;
        next = branch.words.get(name) ?? { words: new Map() };
        branch.words.set(name, next);
        kept.push(name);
      } else kept.push(word);
      branch = next;
    }
    return kept;
  };

  return {
    seen({ resource, action }, decision) {
      fresh();
      // What has no one meaning is refused, and governed by nothing that anybody could write.
      if (resource.segments === null) return;
      const asked = `${action} ${resource.type}:${resource.id}`;
      const before = known.get(asked);
      if (before !== undefined) {
        count(before, decision);
        return;
      }
      const template = bounded(resource.type.slice(0, 64), routeTemplate(resource.segments));
      const text = templateText(resource.type.slice(0, 64), template);
      const short = action.length > 64 ? FOLDED : action;
      const key = `${short} ${text}`;
      let way = ways.get(key);
      if (way === undefined) {
        if (ways.size >= MOST_WAYS) {
          more += 1;
          return;
        }
        way = { resource: text, action: short, last: decision, seen: 0, ungoverned: 0 };
        ways.set(key, way);
      }
      if (known.size >= MOST_KNOWN) known = new Map();
      known.set(asked, way);
      count(way, decision);
    },
    async read(caller, query) {
      const allowed = needScope(caller, "explain", "policy.write", "policy.activate");
      if (!allowed.ok) return allowed;
      fresh();
      const rows = [...ways.values()].map(rowOf).sort(worstFirst);
      const met = new Set(rows.flatMap(({ protections }) => protections));
      const items = query.ungoverned === true ? rows.filter(({ ungoverned }) => ungoverned > 0) : rows;
      return {
        ok: true,
        value: {
          revision: of?.id ?? null,
          items: items.slice(0, query.limit),
          total: items.length,
          ungoverned: rows.filter(({ ungoverned }) => ungoverned > 0).length,
          more,
          unseen: (of?.policy.protections ?? [])
            .filter(({ mode, name }) => mode === "enforce" && !met.has(name))
            .map(({ name }) => name)
            .slice(0, query.limit),
        },
      };
    },
    ungoverned() {
      fresh();
      let count = 0;
      for (const way of ways.values()) if (way.ungoverned > 0) count += 1;
      return count;
    },
  };
}

function count(way: Way, decision: Decision): void {
  way.last = decision;
  way.seen += 1;
  if (!decision.governed) way.ungoverned += 1;
}

function rowOf({ resource, action, last, seen, ungoverned }: Way): CoverageRow {
  const protections = last.protections.map(({ name }) => name);
  const would = last.wouldBe?.protections.map(({ name }) => name) ?? NONE;
  return {
    resource,
    action,
    governed: last.governed,
    protections,
    observed: would.filter((name) => !protections.includes(name)),
    seen,
    ungoverned,
  };
}

function worstFirst(a: CoverageRow, b: CoverageRow): number {
  return b.ungoverned - a.ungoverned || b.seen - a.seen || (a.resource < b.resource ? -1 : 1);
}
