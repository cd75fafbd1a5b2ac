import { reaches, stricter } from "../vocabulary/assurance.ts";
import type { Control } from "./control.ts";

/**
 * Rising risk or an important action asks for a higher assurance or a fresh authentication (RFC 9470). An
 * opt-out lets it not ask again; it never changes what the session says of itself (`acr`, `auth_time`).
 */
export const stepUp: Control = {
  id: "step-up",
  summary: "You confirm again that it is you.",
  requirement: (demand) =>
    demand.stepUp === null
      ? null
      : {
          kind: "stepped-up",
          control: "step-up",
          atLeast: demand.stepUp.assurance,
          maxAge: demand.stepUp.maxAge,
        },
  unmet(requirement, held) {
    if (requirement.kind !== "stepped-up") return "not_waived_by_control";
    if (!reaches(held.acr, requirement.atLeast)) {
      return held.acr === "none" ? held.sessionReason : "assurance_too_low";
    }
    if (requirement.maxAge === null) return null;
    if (held.session === null) return held.sessionReason;
    const age = held.now.latest - held.session.authTime;
    // An authentication that is still to come is no proof of a fresh one.
    return age >= 0 && age <= requirement.maxAge ? null : "authentication_too_old";
  },
  floor(_requirement, optOut, demand, held) {
    return reaches(held.acr, stricter(optOut.downTo, demand.floor)) ? null : "guardrail_floor";
  },
  challenge: (requirement, demand) =>
    requirement.kind === "stepped-up"
      ? { kind: "step-up", acr: requirement.atLeast, maxAge: requirement.maxAge, signIn: demand.signIn }
      : null,
};
