import type { OptOut } from "../opt-out/record.ts";
import { longestRest, withActivity } from "../session/activity.ts";
import { sessionIsInactive } from "../session/session.ts";
import { activityOf } from "../session/timeouts.ts";
import type { ReasonCode } from "../vocabulary/reason.ts";
import type { Control, Held } from "./control.ts";

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
  floor: (_requirement, optOut, _demand, held) =>
    isOnOwnDevice(held) ? lengthened(optOut, held) : "guardrail_shared_device",
  challenge: (_requirement, demand) => ({ kind: "sign-in", acr: demand.assurance, signIn: demand.signIn }),
};

/** A registered device says so itself; of another browser, its person or an operator. Nobody's word is a no. */
function isOnOwnDevice({ facts, session }: Held): boolean {
  return facts.device === null ? session?.shared === false : facts.device.shared === false;
}

/** How far it carries the session. What had ended before it began stays ended. */
function lengthened({ inactivity = null, startsAt }: OptOut, { session, now }: Held): ReasonCode | null {
  if (session === null || session.inactivityEndsAt === null) return null;
  if (startsAt > session.inactivityEndsAt) return "session_ended";
  const rest = longestRest(withActivity(activityOf(session), now.latest));
  return inactivity === null || rest < inactivity ? null : "inactivity_too_long";
}
