import type { Actor, Session, SubjectRef, Token, TokenScope } from "@postern/core";

/** Who calls a use-case: a token, or a person in a session of their own. Proved by the server, once. */
export type Caller =
  | { readonly kind: "token"; readonly token: Token }
  | { readonly kind: "session"; readonly session: Session };

export function personOf(caller: Caller): SubjectRef | null {
  return caller.kind === "token" ? caller.token.person : caller.session.subject;
}

export function actorOf(caller: Caller): Actor {
  return caller.kind === "token"
    ? { person: caller.token.person, via: caller.token.id }
    : { person: caller.session.subject, via: caller.session.id };
}

/** `admin` includes every scope but one: it decides nothing about other people's consent. */
export function mayUse(caller: Caller, scope: TokenScope): boolean {
  return (
    caller.kind === "token" && (caller.token.scopes.includes(scope) || caller.token.scopes.includes("admin"))
  );
}
