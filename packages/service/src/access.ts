import {
  isId,
  parseResourcePattern,
  patternCovers,
  patternWithin,
  type ResourcePattern,
  type Result,
  refuse,
  type Session,
  type SubjectRef,
  type Token,
  type TokenScope,
} from "@postern/core";
import { type Caller, mayUse, personOf } from "./caller.ts";
import { type Problem, problem } from "./problem.ts";
import type { State } from "./projection/state.ts";

/** Refuses a caller without the scope, naming what is missing. */
export function needScope(
  caller: Caller,
  ...scopes: readonly [TokenScope, ...TokenScope[]]
): Result<null, Problem> {
  if (scopes.some((scope) => mayUse(caller, scope))) return { ok: true, value: null };
  return refuse(
    problem(
      "caller.scope",
      `this needs a token with the scope ${scopes.map((scope) => `\`${scope}\``).join(" or ")}`,
    ),
  );
}

/** Refuses a caller behind whom no person stands: approvals and locks have a name. */
export function needPerson(caller: Caller): Result<SubjectRef, Problem> {
  const person = personOf(caller);
  return person === null
    ? refuse(
        problem(
          "opt-out.approver_unknown",
          "this needs a token that names its person, so that persons can be compared",
        ),
      )
    : { ok: true, value: person };
}

/** Whether a token bound to resources may speak of these. */
export function withinBinding(caller: Caller, resources: readonly string[]): boolean {
  return caller.kind === "session" || tokenReaches(caller.token, resources);
}

/** Whether it is a token that is bound to resources: then it is told nothing of others. */
export function isBound(caller: Caller): boolean {
  return caller.kind === "token" && caller.token.resources.length > 0;
}

const patterns = new WeakMap<Token, readonly ResourcePattern[]>();

/** Null: bound to nothing, so to all. A pattern that cannot be read covers nothing. */
function boundResources(token: Token): readonly ResourcePattern[] | null {
  if (token.resources.length === 0) return null;
  let read = patterns.get(token);
  if (read === undefined) {
    read = token.resources.flatMap((text) => {
      const pattern = parseResourcePattern(text);
      return pattern.ok ? [pattern.value] : [];
    });
    patterns.set(token, read);
  }
  return read;
}

function tokenReaches(token: Token, resources: readonly string[]): boolean {
  const bound = boundResources(token);
  if (bound === null) return true;
  return resources.every((text) => {
    const pattern = parseResourcePattern(text);
    return pattern.ok && bound.some((wide) => patternWithin(pattern.value, wide));
  });
}

/** The token whose ceiling a session carries; null: the session is our own. */
function ceilingOf({ registeredBy }: Session, state: Pick<State, "token">): Token | "unknown" | null {
  const token = state.token(registeredBy);
  return token ?? (isId("tok", registeredBy) ? "unknown" : null);
}

/** Whether a session counts for a resource: its application vouches for the resources of its token alone. */
export function sessionReaches(
  session: Session,
  type: string,
  segments: readonly string[],
  state: Pick<State, "token">,
): boolean {
  const token = ceilingOf(session, state);
  if (token === null || token === "unknown") return token === null;
  const bound = boundResources(token);
  return bound === null || bound.some((pattern) => patternCovers(pattern, type, segments));
}

/** Whether a session counts for everything that these name. */
export function sessionReachesAll(
  session: Session,
  resources: readonly string[],
  state: Pick<State, "token">,
): boolean {
  const token = ceilingOf(session, state);
  return token === null || (token !== "unknown" && tokenReaches(token, resources));
}

export function notFound(what: string, id: string): { readonly ok: false; readonly refusal: Problem } {
  return refuse(problem("not_found", `there is no ${what} \`${id.slice(0, 64)}\``));
}
