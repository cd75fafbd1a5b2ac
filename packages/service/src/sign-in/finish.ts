import {
  earlier,
  type Instant,
  later,
  type ProvenMethod,
  plus,
  type Result,
  reaches,
  reachOf,
  refuse,
  rungOf,
  type Session,
  type SubjectRef,
  sessionIsLive,
  WITHDRAWN_STATES,
} from "@postern/core";
import { liveFactors } from "../factors/authority.ts";
import type { FactorParts } from "../factors/factor-parts.ts";
import { holderTouch } from "../opt-outs/touches.ts";
import { type Problem, problem } from "../problem.ts";
import type { Command, Draft, DraftEvent } from "../record/command.ts";
import { makeSecret } from "../seal/secret.ts";
import { makeRoom } from "../sessions/concurrency.ts";
import { markTouches, tick } from "../sessions/marking.ts";
import { accountStanding } from "../states/account-standing.ts";
import type { Attempt, Known, Proof } from "./attempts.ts";
import type { Progress } from "./progress.ts";
import { LONGEST_SESSION, overallEnd, sessionDraft } from "./session-draft.ts";
import type { UpstreamAccounts } from "./upstream.ts";
import { usable } from "./usable.ts";

interface Opening {
  readonly id: string;
  readonly secret: string;
  /** All that the account can reach was proved. */
  readonly full: boolean;
}

/** One answer for everything that could be wrong, so that it tells nothing of who has an account. */
export const wrong = (): { readonly ok: false; readonly refusal: Problem } =>
  refuse(problem("sign-in.wrong", "that does not fit; check it and try again"));

/** Opens or raises the session, and uses up what it rests on, in one commit. */
export function finishing(
  parts: FactorParts,
  elsewhere: UpstreamAccounts,
  progress: Progress,
  attempt: Attempt,
  { subject, proofs }: Known,
): Command<Opening> {
  const { aim, shared: ticked } = attempt;
  const fresh = makeSecret("pss", parts.pool);
  const blind = parts.state.entity(subject)?.blind ?? subject;
  const said = proofs.flatMap((proof) => proof.said ?? []);
  return {
    by: null,
    touches: [
      `entity:${blind}`,
      // What another provider says of states may end opt-outs.
      ...(said.length > 0 ? [holderTouch(subject)] : []),
      ...(aim.session === null ? [] : [`session:${aim.session}`]),
    ],
    alsoTouches: (now) => (aim.session === null ? [] : markTouches(now, aim.session)),
    run(now, at): Result<Draft<Opening>, Problem> {
      const entity = now.entity(subject);
      if (entity === undefined || accountStanding(now, subject) !== "stands") return wrong();
      if (said.some(({ states }) => WITHDRAWN_STATES.some((name) => states[name] === true))) return wrong();
      for (const { use } of proofs) if (!usable(now, subject, use, at)) return wrong();
      const session = aim.session === null ? null : (now.countingSession(aim.session) ?? null);
      if (
        aim.session !== null &&
        (session === null || session.subject !== subject || !sessionIsLive(session, at))
      )
        return refuse(problem("session.ended", "the session has ended; sign in again"));
      // A sign-in that must be new rests on nothing that was there before it.
      const own = progress.methods(proofs, null);
      const methods =
        aim.anew === true && progress.isEnough(attempt, own, at) ? own : progress.methods(proofs, session);
      const rung = rungOf(methods, at);
      if (rung === null) return wrong();
      const ends = endOf(proofs);
      if (ends !== null && ends <= at) return wrong();
      const shared = sharedOf(parts, attempt, ticked);
      const begun = session === null ? sessionDraft(parts, subject, methods, at, shared, ends) : null;
      const to = session?.id ?? begun?.id ?? null;
      const by: DraftEvent["by"] = { person: subject, via: to ?? "system" };
      const uses = proofs.map(
        ({ use }): DraftEvent => ({ by, event: { type: "factor.used", use, session: to } }),
      );
      for (const one of said) uses.push(...elsewhere.statesSaid(now, entity, one, by, at));
      const full = reaches(rung.acr, reachOf(liveFactors(now, subject, at)));
      if (begun !== null) {
        const { id, secret, event } = begun;
        const room = makeRoom(now, parts.policy(), subject, id, at);
        return { ok: true, value: { events: [event, ...uses, ...room], done: () => ({ id, secret, full }) } };
      }
      if (session === null) return wrong();
      const { id } = session;
      const raised: DraftEvent = {
        by,
        event: {
          type: "session.raised",
          session: id,
          ...rung,
          expiresAt: endAfter(parts, session, rung.authTime, methods, ends),
          handle: fresh.hash,
          methods,
        },
      };
      return {
        ok: true,
        value: {
          events: [...uses, raised, ...tick(now, session, shared, by)],
          done: () => ({ id, secret: fresh.secret, full }),
        },
      };
    },
  };
}

/**
 * A reauthentication begins the overall timeout anew (SP 800-63B-4 section 5.2), but for what another provider said: its
 * end stays. No session lives longer than thirty days after its first sign-in.
 */
function endAfter(
  parts: FactorParts,
  session: Session,
  authTime: Instant,
  methods: readonly ProvenMethod[],
  said: Instant | null,
): Instant {
  const stays = methods.some(({ upstream }) => upstream !== undefined);
  const anew = stays ? session.expiresAt : later(session.expiresAt, overallEnd(parts, authTime));
  const capped = earlier(anew, plus(session.startedAt, LONGEST_SESSION));
  return said === null ? capped : earlier(said, capped);
}

/** Whether a session of this level is one in which all that its person can reach was proved. */
export function isFull(
  { state, clock }: Pick<FactorParts, "state" | "clock">,
  session: { readonly subject: SubjectRef; readonly acr: Parameters<typeof reaches>[0] },
): boolean {
  return reaches(session.acr, reachOf(liveFactors(state, session.subject, clock.now().latest)));
}

/** What an operator says of the network outweighs what was ticked. */
function sharedOf(
  { directory }: Pick<FactorParts, "directory">,
  { aim }: Attempt,
  ticked: boolean | null,
): boolean | null {
  return directory.find({ type: "network", id: aim.network })?.shared === true ? true : ticked;
}

/** The earliest end that was said of what a session rests on. */
function endOf(proofs: readonly Proof[]): Instant | null {
  return proofs.reduce<Instant | null>((end, { said }) => {
    const one = said?.endsAt ?? null;
    return one === null ? end : end === null ? one : earlier(end, one);
  }, null);
}
