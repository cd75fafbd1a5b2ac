import { type Instant, type Result, type RoleGrant, refuse, type SubjectRef } from "@postern/core";
import { liveFactors } from "../factors/authority.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import { accountStanding } from "../states/account-standing.ts";

/** Whether it lets its person do anything now: a person who is gone, or whose account is out of use, has no role. */
export function grantCounts(
  state: Pick<State, "entity">,
  { person, revokedAt }: Pick<RoleGrant, "person" | "revokedAt">,
): boolean {
  return revokedAt === null && accountStanding(state, person) === "stands";
}

/** What a person holds now. */
export function rolesHeld(
  state: Pick<State, "entity" | "rolesOf">,
  person: SubjectRef,
): readonly RoleGrant[] {
  return state.rolesOf(person).filter((grant) => grantCounts(state, grant));
}

/** Whether every one of these grants still lets this person do what it did. */
export function holdsAll(
  state: Pick<State, "entity" | "role">,
  person: SubjectRef,
  grants: readonly string[],
): boolean {
  return grants.every((id) => {
    const grant = state.role(id);
    return grant !== undefined && grant.person === person && grantCounts(state, grant);
  });
}

/**
 * Whether a person may be given a role.
 *
 * DANGER: an account that nobody can sign in to can still be invited, and is then whoever follows the link. So nobody
 * holds a role before they can sign in.
 */
export function mayHold(
  state: State,
  { person, role }: Pick<RoleGrant, "person" | "role">,
  at: Instant,
): Result<null, Problem> {
  const standing = accountStanding(state, person);
  if (standing !== "stands")
    return refuse(
      problem(
        "role.person",
        standing === "gone" ? "there is no such person" : "the account is suspended or withdrawn",
      ),
    );
  if (!liveFactors(state, person, at).some(({ kind }) => kind !== "invitation"))
    return refuse(
      problem(
        "role.person",
        "the person cannot sign in with Postern yet: invite them, and grant it afterwards",
      ),
    );
  return rolesHeld(state, person).some((held) => held.role === role)
    ? refuse(problem("role.held", `the person is ${role} already`))
    : { ok: true, value: null };
}
