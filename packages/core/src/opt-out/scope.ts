import type { EntityName } from "../vocabulary/entity.ts";
import { accept, type Result, refuse } from "../vocabulary/result.ts";

/**
 * Some resources of one type: a path of segments, of which `*` stands for any one, and which ends there or
 * (`subtree`) covers everything below. Written `route:/reports/**`, `todo:42`, `route:/orders/*`.
 */
export interface ResourcePattern {
  readonly text: string;
  readonly type: string;
  readonly segments: readonly string[];
  readonly subtree: boolean;
}

/** What an opt-out names: at least one action and one resource, never everything. */
export interface Scope {
  readonly actions: readonly string[];
  readonly resources: readonly ResourcePattern[];
}

/** A scope in the words of people and wires. */
export interface ScopeText {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

export function scopeText(scope: Scope): ScopeText {
  return { actions: scope.actions, resources: scope.resources.map(({ text }) => text) };
}

const TYPE = /^[a-z][a-z0-9_-]{0,63}$/;
const ACTION = /^[A-Za-z][A-Za-z0-9_.:-]{0,127}$/;
const LONGEST_PATTERN = 1024;

export function isAction(name: string): boolean {
  return ACTION.test(name);
}

/** The segments of a resource id. A leading slash does not make an empty first segment. */
export function segmentsOf(id: string): readonly string[] {
  const path = id.startsWith("/") ? id.slice(1) : id;
  return path === "" ? [] : path.split("/");
}

export function parseResourcePattern(text: string): Result<ResourcePattern, string> {
  const colon = text.indexOf(":");
  const type = text.slice(0, Math.max(colon, 0));
  if (text.length > LONGEST_PATTERN || !TYPE.test(type)) {
    return refuse(`expected a resource such as \`route:/reports/**\`, got \`${text.slice(0, 60)}\``);
  }
  const segments = [...segmentsOf(text.slice(colon + 1))];
  const subtree = segments.at(-1) === "**";
  if (subtree) segments.pop();
  for (const segment of segments) {
    const wild = segment.includes("*") && segment !== "*";
    if (segment === "" || segment === "." || segment === ".." || wild || /\p{Cc}/u.test(segment)) {
      return refuse(
        `expected plain segments, \`*\` for any one, or \`**\` at the end, got \`${text.slice(0, 60)}\``,
      );
    }
  }
  return accept({ text, type, segments, subtree });
}

export function patternCovers(pattern: ResourcePattern, type: string, segments: readonly string[]): boolean {
  if (pattern.type !== type) return false;
  const wanted = pattern.segments;
  if (pattern.subtree ? segments.length < wanted.length : segments.length !== wanted.length) return false;
  for (let at = 0; at < wanted.length; at++) {
    const segment = wanted[at];
    if (segment !== "*" && segment !== segments[at]) return false;
  }
  return true;
}

/** Whether every resource of `narrow` is one of `wide`. */
export function patternWithin(narrow: ResourcePattern, wide: ResourcePattern): boolean {
  if (narrow.subtree && !wide.subtree) return false;
  if (narrow.type !== wide.type) return false;
  if (
    wide.subtree
      ? narrow.segments.length < wide.segments.length
      : narrow.segments.length !== wide.segments.length
  ) {
    return false;
  }
  return wide.segments.every((segment, at) => segment === "*" || segment === narrow.segments[at]);
}

/** Whether some resource is one of both. Routes meet regardless of case, as they are found. */
export function patternsMeet(a: ResourcePattern, b: ResourcePattern): boolean {
  if (a.type !== b.type) return false;
  const [short, long] = a.segments.length <= b.segments.length ? [a, b] : [b, a];
  if (short.segments.length !== long.segments.length && !short.subtree) return false;
  return short.segments.every((segment, at) => {
    const other = long.segments[at] ?? "";
    return (
      segment === "*" ||
      other === "*" ||
      segment === other ||
      (a.type === "route" && sameFolded(segment, other))
    );
  });
}

function sameFolded(a: string, b: string): boolean {
  return a.length === b.length && a.toLowerCase() === b.toLowerCase();
}

export function scopeWithin(narrow: Scope, wide: Scope): boolean {
  return (
    narrow.actions.every((action) => wide.actions.includes(action)) &&
    narrow.resources.every((resource) => wide.resources.some((other) => patternWithin(resource, other)))
  );
}

export function inScope(scope: Scope, action: string, type: string, segments: readonly string[]): boolean {
  return (
    scope.actions.includes(action) &&
    scope.resources.some((pattern) => patternCovers(pattern, type, segments))
  );
}

const MOST_NAMES = 50;

/**
 * Reads the scope of an opt-out (Law 1). A scope of everything does not exist: an empty list, the action `*`
 * and a whole type (`route:/**`) are refused.
 */
export function parseScope(actions: readonly string[], resources: readonly string[]): Result<Scope, string> {
  if (actions.length === 0 || resources.length === 0)
    return refuse("expected at least one action and one resource");
  if (actions.length > MOST_NAMES || resources.length > MOST_NAMES) {
    return refuse(`expected at most ${MOST_NAMES} actions and ${MOST_NAMES} resources`);
  }
  const badAction = actions.find((action) => !isAction(action));
  if (badAction !== undefined)
    return refuse(`expected the name of an action, got \`${badAction.slice(0, 60)}\``);
  const patterns: ResourcePattern[] = [];
  for (const text of resources) {
    const pattern = parseResourcePattern(text);
    if (!pattern.ok) return pattern;
    if (pattern.value.segments.every((segment) => segment === "*")) {
      return refuse(`expected named resources, got \`${text}\`, which means everything of a type`);
    }
    patterns.push(pattern.value);
  }
  return accept(shared({ actions: [...new Set(actions)].sort(), resources: patterns }));
}

/** At most this many scopes, of at most this many characters each, are shared. */
const MOST_SHARED = 4096;
const LONGEST_SHARED = 256;
const known = new Map<string, Scope>();

/**
 * One object for equal scopes: most opt-outs of an offer have the scope that it names, and what all of them
 * share stays near at hand. A memo, not a state: an equal scope is as good as the one that it stands for.
 */
function shared(scope: Scope): Scope {
  // Neither names nor patterns hold control characters, so no two scopes share a key.
  const key = `${scope.actions.join("\n")}\n\n${scope.resources.map(({ text }) => text).join("\n")}`;
  if (key.length > LONGEST_SHARED) return scope;
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= MOST_SHARED) known.clear();
  known.set(key, scope);
  return scope;
}

export function nameOfResource(name: EntityName): string {
  return `${name.type}:${name.id}`;
}
