import { type EntityRef, WITHDRAWN_STATES } from "@postern/core";
import type { State } from "../projection/state.ts";

/**
 * Whether an account is in use. `withdrawn`: by its person or its organisation, until one of the two lifts it; nobody
 * signs in to it, no session of it counts and no role.
 */
export function accountStanding(
  state: Pick<State, "entity">,
  ref: EntityRef,
): "stands" | "withdrawn" | "gone" {
  const entity = state.entity(ref);
  if (entity === undefined || entity.deletedAt !== null) return "gone";
  return WITHDRAWN_STATES.some((name) => Object.hasOwn(entity.states, name)) ? "withdrawn" : "stands";
}
