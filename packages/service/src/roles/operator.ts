import { SCOPES_OF_ROLE, type Session, type TokenId } from "@postern/core";
import type { OperatorCaller } from "../caller.ts";
import type { State } from "../projection/state.ts";
import { rolesHeld } from "./held-roles.ts";

/**
 * What a person's roles let their session do at this moment, in the form of a token. It registers no sessions and is
 * bound to no resources. Without a role it may do nothing.
 */
export function operatorOf(session: Session, state: Pick<State, "entity" | "rolesOf">): OperatorCaller {
  const held = rolesHeld(state, session.subject);
  return {
    kind: "token",
    token: {
      // The session stands where a token does: whatever is kept by who asked is kept by the session.
      id: session.id as string as TokenId,
      person: session.subject,
      hash: "",
      scopes: [...new Set(held.flatMap(({ role }) => SCOPES_OF_ROLE[role]))],
      resources: [],
      maxAcr: "none",
      subjectTypes: [],
      expiresAt: session.expiresAt,
      issuedAt: session.startedAt,
      revokedAt: null,
      label: "",
    },
    operator: { session, roles: held.map(({ id }) => id) },
  };
}
