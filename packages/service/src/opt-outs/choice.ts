import {
  type Instant,
  mayAct,
  type OptOut,
  type OptOutId,
  type Result,
  refuse,
  stateOf,
} from "@postern/core";
import { actorOf, type Caller } from "../caller.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Draft, DraftEvent } from "../record/command.ts";
import type { OptOutChoice } from "../service.ts";
import { checkConsent, grantIfComplete } from "./grant.ts";
import { eventDraft, type OptOutParts } from "./parts.ts";
import { type Asked, drawUp } from "./request.ts";

/**
 * One choice in place of another, in one commit: asked for, agreed to and granted, and what its person chose before of
 * the same control ends with it. Where any of it is refused, everything stays as it was; where others have to agree
 * first, what was chosen before goes on until it ends.
 */
export function chosen(
  caller: Caller,
  given: OptOutChoice,
  asked: Asked,
  parts: OptOutParts,
  state: State,
  at: Instant,
  next: number,
): Result<Draft<OptOutId>, Problem> {
  if (caller.kind !== "session")
    return refuse(
      problem(
        "opt-out.consent_elsewhere",
        "only the person whose opt-out it is can choose, in their own session",
      ),
    );
  const drawn = drawUp(caller, given, asked, parts, state, at);
  if (!drawn.ok) return drawn;
  const { optOut, event } = drawn.value;
  const stored = { ...optOut, requestedIn: next };
  const consented = checkConsent(stored, caller, given, parts, at);
  if (!consented.ok) return consented;
  const grant = grantIfComplete(stored, { consent: true, approvers: [] }, caller, parts, state, at);
  if (!grant.ok) return grant;
  const by = actorOf(caller);
  const consent = eventDraft(
    by,
    { type: "opt-out.consented", optOut: optOut.id, consent: consented.value },
    undefined,
    null,
  );
  const before = chosenBefore(state, optOut, caller.session.device);
  const events =
    grant.value === null
      ? [event, consent]
      : [event, consent, grant.value, ...before.flatMap((one) => ended(one, by, at))];
  return { ok: true, value: { events, done: () => optOut.id } };
}

/** What counts where the new one does: held by the person wherever they are, or on this very device. */
export function chosenBefore(
  state: Pick<State, "optOuts">,
  { holder, control }: Pick<OptOut, "holder" | "control">,
  here: string | null,
): readonly OptOut[] {
  const subject = holder.kind === "anonymous" ? null : holder.subject;
  if (subject === null) return [];
  return state.optOuts
    .about(subject)
    .filter(
      (one) =>
        one.control === control &&
        one.holder.kind !== "anonymous" &&
        one.holder.subject === subject &&
        (one.holder.kind === "subject" || one.holder.device === here),
    );
}

function ended(optOut: OptOut, by: DraftEvent["by"], at: Instant): readonly DraftEvent[] {
  const state = stateOf(optOut, at);
  if (mayAct("revoke", state))
    return [{ by, event: { type: "opt-out.revoked", optOut: optOut.id, cause: "person" } }];
  return state === "pending" ? [{ by, event: { type: "opt-out.withdrawn", optOut: optOut.id } }] : [];
}
