import type { Actor, RoleId, Session, SubjectRef, Token, TokenScope } from "@postern/core";

/** An operator's session: who, by what, and the grants that its rights rest on. */
interface Operator {
  readonly session: Session;
  readonly roles: readonly RoleId[];
}

/**
 * Who calls a use-case: a token, or a person in a session of their own. Proved by the server, once. An operator calls
 * like a token, with what their roles let them do, and so never consents for themselves.
 */
export type Caller =
  | { readonly kind: "token"; readonly token: Token; readonly operator?: Operator }
  | { readonly kind: "session"; readonly session: Session };

/** A person who calls by what their roles let them do. */
export type OperatorCaller = Extract<Caller, { readonly kind: "token" }> & { readonly operator: Operator };

export function personOf(caller: Caller): SubjectRef | null {
  return caller.kind === "token" ? caller.token.person : caller.session.subject;
}

export function actorOf(caller: Caller): Actor {
  if (caller.kind === "session") return { person: caller.session.subject, via: caller.session.id };
  const { token, operator } = caller;
  return operator === undefined
    ? { person: token.person, via: token.id }
    : { person: token.person, via: operator.session.id, roles: operator.roles };
}

/** `admin` includes every scope but one: it decides nothing about other people's consent. */
export function mayUse(caller: Caller, scope: TokenScope): boolean {
  return (
    caller.kind === "token" && (caller.token.scopes.includes(scope) || caller.token.scopes.includes("admin"))
  );
}
