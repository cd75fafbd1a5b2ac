import { type Instant, mayAct, type OptOut, type Result, refuse, stateOf } from "@postern/core";
import { notFound } from "../access.ts";
import type { Caller } from "../caller.ts";
import { deviceRevocation } from "../devices/revocation.ts";
import { holderTouch, holderTouches } from "../opt-outs/touches.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Command, DraftEvent } from "../record/command.ts";
import { personTouch } from "./ending.ts";
import { markTouches } from "./marking.ts";

type Person = Extract<Caller, { readonly kind: "session" }>;

/**
 * Somebody does not know one of their sessions: in one commit it ends, every opt-out of the person is suspended, what
 * waits for a decision is taken back, and the device that it was on is trusted no more. How many opt-outs stand still.
 */
export function disowning(caller: Person, id: string): Command<number> {
  const { subject, id: own } = caller.session;
  const by: DraftEvent["by"] = { person: subject, via: own };
  return {
    by,
    touches: [`session:${id}`, holderTouch(subject), `requester:${subject}`],
    alsoTouches: (now) => [
      ...personTouch(now, id),
      ...markTouches(now, id),
      ...ownOptOuts(now, subject).flatMap((optOut) => [
        `opt-out:${optOut.id}`,
        ...holderTouches(optOut.holder),
      ]),
    ],
    run(now, at): Result<{ readonly events: readonly DraftEvent[]; readonly done: () => number }, Problem> {
      const session = now.session(id);
      if (session === undefined || session.subject !== subject) return notFound("session", id);
      if (id === own)
        return refuse(
          problem("session.own", "this is the session that you are in; to leave it, end it by name"),
        );
      const stopped = ownOptOuts(now, subject).flatMap((optOut) => stop(optOut, by, at));
      const here = now.session(own)?.device ?? null;
      const device = session.device === null ? undefined : now.device(session.device);
      const trusted =
        device === undefined || device.id === here || device.subject !== subject || device.revokedAt !== null
          ? []
          : deviceRevocation(now, device, by, "person", session.id);
      // What stood on that device has ended with it, and is not suspended besides.
      const gone = new Set<string>(
        trusted.flatMap(({ event }) => (event.type === "opt-out.revoked" ? [event.optOut] : [])),
      );
      const suspended = stopped.filter(({ event }) => !gone.has(event.optOut));
      const ended: DraftEvent[] =
        session.revokedAt !== null
          ? []
          : [{ by, event: { type: "session.revoked", session: session.id, cause: "unrecognised" } }];
      return {
        ok: true,
        value: { events: [...ended, ...suspended, ...trusted], done: () => stopped.length },
      };
    },
  };
}

function ownOptOuts(now: Pick<State, "optOuts">, subject: string): readonly OptOut[] {
  return now.optOuts
    .about(subject)
    .filter(({ holder }) => holder.kind !== "anonymous" && holder.subject === subject);
}

type Stopped = DraftEvent & {
  readonly event: { readonly type: "opt-out.suspended" | "opt-out.withdrawn"; readonly optOut: string };
};

function stop(optOut: OptOut, by: DraftEvent["by"], at: Instant): readonly Stopped[] {
  const state = stateOf(optOut, at);
  if (mayAct("suspend", state))
    return [{ by, event: { type: "opt-out.suspended", optOut: optOut.id, cause: "person" } }];
  return state === "pending" ? [{ by, event: { type: "opt-out.withdrawn", optOut: optOut.id } }] : [];
}
