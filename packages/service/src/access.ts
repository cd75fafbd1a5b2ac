import {
  parseResourcePattern,
  patternWithin,
  type Result,
  refuse,
  type SubjectRef,
  type TokenScope,
} from "@postern/core";
import { type Caller, mayUse, personOf } from "./caller.ts";
import { type Problem, problem } from "./problem.ts";

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
  if (caller.kind === "session" || caller.token.resources.length === 0) return true;
  const bound = caller.token.resources.flatMap((text) => {
    const pattern = parseResourcePattern(text);
    return pattern.ok ? [pattern.value] : [];
  });
  return resources.every((text) => {
    const pattern = parseResourcePattern(text);
    return pattern.ok && bound.some((wide) => patternWithin(pattern.value, wide));
  });
}

export function notFound(what: string, id: string): { readonly ok: false; readonly refusal: Problem } {
  return refuse(problem("not_found", `there is no ${what} \`${id.slice(0, 64)}\``));
}
