import { type Decision, type DecisionRequest, FOLDED, routeTemplate, templateText } from "@postern/core";
import { needScope } from "../access.ts";
import type { ActivePolicy } from "../policy/active-policy.ts";
import type { CoverageService } from "../service.ts";
import type { CoverageRow } from "./coverage-views.ts";
import { type Room, room, type Way } from "./room.ts";

/**
 * Ways that are kept apart: of whoever is signed in, of visitors where something governs, and where nothing does.
 * Visitors choose paths without end, and crowd out nobody's but their own.
 */
const ROOMS = {
  signedIn: { most: 2_000, oldestGo: false },
  governed: { most: 1_000, oldestGo: true },
  strange: { most: 1_000, oldestGo: true },
} as const;
const LONGEST_NAME = 64;
const NONE: readonly string[] = [];

type Rooms = Readonly<Record<keyof typeof ROOMS, Room>>;

function emptyRooms(): Rooms {
  const made = (name: keyof typeof ROOMS): Room => room(ROOMS[name].most, ROOMS[name].oldestGo);
  return { signedIn: made("signedIn"), governed: made("governed"), strange: made("strange") };
}

export function coverage(parts: {
  readonly active: () => ActivePolicy;
}): CoverageService & { readonly seen: (request: DecisionRequest, decision: Decision) => void } {
  let of: ActivePolicy | null = null;
  let rooms = emptyRooms();
  let more = 0;
  let turn = 0;

  const fresh = (): void => {
    const active = parts.active();
    if (of === active) return;
    of = active;
    rooms = emptyRooms();
    more = 0;
  };
  /** One way is told once, whoever asked in it. */
  function merged(): readonly Way[] {
    const all = new Map<string, Way>();
    for (const { ways } of Object.values(rooms))
      for (const way of ways()) {
        const key = `${way.action} ${way.resource}`;
        const before = all.get(key);
        if (before === undefined) {
          all.set(key, way);
          continue;
        }
        const later = before.turn > way.turn ? before : way;
        all.set(key, {
          ...later,
          seen: before.seen + way.seen,
          ungoverned: before.ungoverned + way.ungoverned,
        });
      }
    return [...all.values()];
  }

  return {
    seen({ resource, action, subject }, decision) {
      fresh();
      const { segments } = resource;
      // What has no one meaning is refused, and governed by nothing that anybody could write.
      if (segments === null) return;
      turn += 1;
      const type = resource.type.slice(0, LONGEST_NAME);
      const into = subject !== null ? rooms.signedIn : decision.governed ? rooms.governed : rooms.strange;
      const asked = {
        raw: `${action} ${resource.type}:${resource.id}`,
        action: action.length > LONGEST_NAME ? FOLDED : action,
        type,
        template: () => routeTemplate(segments),
        text: (template: readonly string[]) => templateText(type, template),
      };
      more += into.count(asked, decision, turn);
    },
    async read(caller, query) {
      const allowed = needScope(caller, "explain", "policy.write", "policy.activate");
      if (!allowed.ok) return allowed;
      fresh();
      const rows = merged().map(rowOf).sort(worstFirst);
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
      return merged().filter(({ ungoverned }) => ungoverned > 0).length;
    },
  };
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
