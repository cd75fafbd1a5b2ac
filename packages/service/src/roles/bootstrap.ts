import { hash, timingSafeEqual } from "node:crypto";
import { type Result, type RoleGrant, refuse, type SubjectRef } from "@postern/core";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";

const SYSTEM: DraftEvent["by"] = { person: null, via: "system" };

export interface Bootstrap {
  /** Lets the first administrator in; null: nobody. */
  readonly bootstrapSecret: string | null;
  /** The log was just restored by whoever holds its master key, and those who ruled before may not any more. */
  readonly restored: boolean;
}

/** Compared by hash, in constant time: the secret itself is never kept. */
export function isBootstrapSecret(given: string, { bootstrapSecret: wanted }: Bootstrap): boolean {
  return (
    wanted !== null && timingSafeEqual(hash("sha256", given, "buffer"), hash("sha256", wanted, "buffer"))
  );
}

export function notTheSecret(): { readonly ok: false; readonly refusal: Problem } {
  return refuse(problem("bootstrap.secret", "that is not this deployment's bootstrap secret"));
}

/** Whoever might follow an invitation meanwhile does so before or after. */
export function bootstrapTouches(state: State): readonly string[] {
  const invited = [...state.roles()].filter(({ role }) => role === "administrator");
  return invited.map(({ person }) => `entity:${state.entity(person)?.blind ?? ""}`);
}

/**
 * Whether there never was an administrator who came in, and what ends where there is to be one now: an invitation that
 * nobody followed is no administrator yet, and another is none any more.
 */
export function bootstrappable(
  state: State,
  person: SubjectRef | null,
  { restored }: Bootstrap,
): Result<readonly DraftEvent[], Problem> {
  const cameIn = ({ person: who }: RoleGrant): boolean =>
    state.factorsOf(who).some(({ kind }) => kind !== "invitation");
  const ruling = [...state.roles()].filter(({ role }) => role === "administrator");
  const used = [...state.tokens()].some((token) => token.scopes.includes("admin")) || ruling.some(cameIn);
  if (used && !restored)
    return refuse(problem("bootstrap.used", "the bootstrap secret was used; ask an administrator"));
  return {
    ok: true,
    value: ruling
      .filter((grant) => grant.revokedAt === null && grant.person !== person && !cameIn(grant))
      .flatMap((grant) => [
        { by: SYSTEM, event: { type: "role.revoked", grant: grant.id, cause: "replaced" } },
        ...state
          .factorsOf(grant.person)
          .filter(({ removedAt }) => removedAt === null)
          .map(
            ({ id }): DraftEvent => ({
              by: SYSTEM,
              event: { type: "factor.removed", factor: id, cause: "replaced" },
            }),
          ),
      ]),
  };
}
