import {
  type Entity,
  type EntityRef,
  type Factor,
  type Method,
  reaches,
  reachOf,
  type SubjectRef,
} from "@postern/core";
import type { State } from "../projection/state.ts";
import { accountStanding } from "../states/account-standing.ts";
import { ADDRESS_SHOWN, ADDRESS_VERIFIED } from "../states/states.ts";

/** What it takes to recover an account (NIST SP 800-63B-4 section 4.2.2). */
export type RecoveryNeeds =
  /** The mailed code. */
  | "mail"
  /** The mailed code, and something else of the account. */
  | "two"
  /** More than a recovery can show. */
  | "more";

/** What can be proved beside a mailed code. */
export type SecondProof = Exclude<Method, "upstream">;

const OWN: ReadonlySet<Factor["kind"]> = new Set(["password", "passkey", "totp"]);

/** The account that somebody may ask to recover; null: there is none, or it is not recovered here. */
export function recoverable(
  state: Pick<State, "entity" | "factorsOf">,
  ref: EntityRef | undefined,
): Entity | null {
  const entity = ref === undefined ? undefined : state.entity(ref);
  if (entity === undefined || !entity.ref.startsWith("sub_")) return null;
  if (accountStanding(state, entity.ref) !== "stands") return null;
  const has = (name: string): boolean => Object.hasOwn(entity.states, name);
  if (!has(ADDRESS_VERIFIED) || !has(ADDRESS_SHOWN)) return null;
  // Whoever only ever signed in elsewhere is recovered there, and whoever was invited follows the invitation.
  return state.factorsOf(entity.ref).some(({ kind }) => OWN.has(kind)) ? entity : null;
}

/**
 * What the account ever reached counts, removed factors too: whoever takes the second one away does not make the mailbox
 * enough. Nor is it for whoever holds a role.
 */
export function recoveryNeeds(
  state: Pick<State, "factorsOf" | "rolesOf">,
  subject: SubjectRef,
): RecoveryNeeds {
  const reach = reachOf(state.factorsOf(subject));
  if (reaches(reach, "aal3")) return "more";
  const holdsRole = state.rolesOf(subject).some(({ revokedAt }) => revokedAt === null);
  return holdsRole || reaches(reach, "aal2") ? "two" : "mail";
}
