import { sessionIsInactive } from "../session/session.ts";
import type { Control } from "./control.ts";

/**
 * Inactivity and overall timeouts end a session. An opt-out may lengthen or switch off the inactivity timeout
 * alone. The overall end is the floor: `decide` never shows this control a session that is past it.
 */
export const sessionTimeout: Control = {
  id: "session-timeout",
  summary: "You are signed out after a time without activity.",
  requirement: (_demand, held) =>
    held.session === null || held.session.inactivityEndsAt === null
      ? null
      : { kind: "session-live", control: "session-timeout" },
  unmet: (_requirement, held) =>
    held.session !== null && !sessionIsInactive(held.session, held.now.latest) ? null : "session_ended",
  floor: (_requirement, _optOut, _demand, held) =>
    held.facts.device?.shared === false ? null : "guardrail_shared_device",
  challenge: (_requirement, demand) => ({ kind: "sign-in", acr: demand.assurance, signIn: demand.signIn }),
};
