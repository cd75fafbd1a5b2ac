import type { IncomingMessage } from "node:http";
import { type Assurance, reaches, standingOf } from "@postern/core";
import { operatorsToken } from "@postern/identity";
import { type Caller, type OperatorCaller, type Problem, problem } from "@postern/service";
import type { Wiring } from "../wiring.ts";
import { bearerSecret } from "./bearer.ts";

export function isOperator(caller: Caller): caller is OperatorCaller {
  return caller.kind === "token" && caller.operator !== undefined;
}

type Needs = Pick<Wiring, "service" | "places">;

/**
 * A person in the session that the request's access token is a handle of, with what their roles let them do now; null
 * where the token is none of the command line's for this control plane, or its session does not count any more.
 */
export async function operatorCaller(
  request: IncomingMessage,
  { service, places }: Needs,
): Promise<OperatorCaller | null> {
  const secret = bearerSecret(request.headers.authorization);
  if (secret === null || service.signIn === null) return null;
  const found = await operatorsToken(secret, {
    artifacts: service.artifacts,
    resource: places.control(),
    now: service.accessRequests.now(),
  });
  if (found === null) return null;
  // What ended or was taken away on another node a moment ago ends here too.
  await service.node.fresh();
  return callerOfSession(found.session, found.subject, service);
}

/** The same, of what holds at this moment. */
export function stillOperator(
  { operator: { session } }: OperatorCaller,
  service: Needs["service"],
): OperatorCaller | null {
  return callerOfSession(session.id, session.subject, service);
}

function callerOfSession(id: string, subject: string, service: Needs["service"]): OperatorCaller | null {
  const session = service.sessions.byId(id);
  if (session === null || session.subject !== subject || service.sessions.stateOf(session) !== "live")
    return null;
  // An application vouches for sessions of its own: none of them opens this.
  if (session.methods === undefined || service.sessions.subjectName(session.subject) === null) return null;
  return service.roles.of(session);
}

/** What an operator's session must have reached: to write more than to read. Null: it has. */
export function levelMissing(
  { operator }: OperatorCaller,
  writes: boolean,
  { service }: Pick<Needs, "service">,
): Problem | null {
  const wanted: Assurance = writes ? "aal2" : "aal1";
  const { acr } = standingOf(operator.session, service.accessRequests.now());
  if (reaches(acr, wanted)) return null;
  return problem("caller.level", `expected a sign-in at ${wanted}, got ${acr}`, [
    { pointer: "#", detail: `sign in at ${wanted}`, fix: wanted },
  ]);
}
