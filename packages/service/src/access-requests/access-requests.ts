import { endOf, formatInstant, type OptOutId, refuse, stateOf } from "@postern/core";
import { notFound } from "../access.ts";
import { actorOf, mayUse } from "../caller.ts";
import { eventDraft, type OptOutParts } from "../opt-outs/parts.ts";
import { holderTouches } from "../opt-outs/touches.ts";
import { stateNow } from "../opt-outs/view.ts";
import { problem } from "../problem.ts";
import type { StoredOptOut } from "../projection/state.ts";
import type { AccessRequestService, AccessTask } from "../service.ts";
import { requestable } from "./requestable.ts";

/**
 * Requests that a refused question leads to. What is asked for is an ordinary opt-out that waits: this adds what an
 * enforcement point must know of it, and no second way to grant anything.
 */
export function accessRequestService(parts: OptOutParts): AccessRequestService {
  const { state, writer, clock } = parts;

  const told = (optOut: StoredOptOut): AccessTask => {
    const needed = (optOut.consentNeeded ? 1 : 0) + optOut.approvalsNeeded;
    const given =
      (optOut.consent === null ? 0 : 1) + Math.min(optOut.approvals.length, optOut.approvalsNeeded);
    return {
      state: stateNow(optOut, clock, null),
      granted: optOut.grantedAt !== null,
      consentMissing: optOut.consentNeeded && optOut.consent === null,
      steps: { done: given, all: needed },
      decideBy: optOut.decideBy,
      startsAt: optOut.startsAt,
      endsAt: endOf(optOut),
      grantedAt: optOut.grantedAt,
    };
  };

  return {
    requestable: (question, decision) => requestable(question, decision, parts),
    task(id) {
      const optOut = state.optOuts.get(id);
      return optOut === undefined ? null : told(optOut);
    },
    async cancel(caller, id) {
      if (!mayUse(caller, "opt-outs.request"))
        return refuse(problem("caller.scope", "this needs a token with the scope `opt-outs.request`"));
      const known = state.optOuts.get(id);
      const written = await writer.submit({
        by: actorOf(caller),
        touches: [`opt-out:${id}`, ...(known === undefined ? [] : holderTouches(known.holder))],
        run(now, at) {
          const optOut = now.optOuts.get(id);
          if (optOut === undefined) return notFound("request", id);
          const standing = stateOf(optOut, at);
          if (standing !== "pending")
            return refuse(
              problem(
                "access-request.task_state",
                `only a request that waits can be cancelled; at ${formatInstant(at)} this one is ${standing}`,
              ),
            );
          const event = eventDraft(
            actorOf(caller),
            { type: "opt-out.withdrawn", optOut: id as OptOutId },
            undefined,
            null,
          );
          return { ok: true, value: { events: [event], done: () => null } };
        },
      });
      if (!written.ok) return written;
      const optOut = state.optOuts.get(id);
      return optOut === undefined ? notFound("request", id) : { ok: true, value: told(optOut) };
    },
    samePerson(token, other) {
      const person = state.token(other)?.person ?? null;
      return token.person !== null && token.person === person;
    },
    now: () => clock.now().latest,
  };
}
