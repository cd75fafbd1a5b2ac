import { reaches, stricter } from "../vocabulary/assurance.ts";
import type { Control } from "./control.ts";

/**
 * A request to a protected resource comes from a subject authenticated at the required assurance. An opt-out
 * lets named actions go ahead with less, down to none, never below the floor.
 */
export const authentication: Control = {
  id: "authentication",
  summary: "You sign in before you use this.",
  requirement: (demand) =>
    demand.assurance === "none"
      ? null
      : { kind: "authenticated", control: "authentication", atLeast: demand.assurance },
  unmet(requirement, held) {
    if (requirement.kind !== "authenticated") return "not_waived_by_control";
    if (reaches(held.acr, requirement.atLeast)) return null;
    return held.acr === "none" ? held.sessionReason : "assurance_too_low";
  },
  floor(_requirement, optOut, demand, held) {
    return reaches(held.acr, stricter(optOut.downTo, demand.floor)) ? null : "guardrail_floor";
  },
  challenge: (requirement, demand) =>
    requirement.kind === "authenticated"
      ? { kind: "sign-in", acr: requirement.atLeast, signIn: demand.signIn }
      : null,
};
