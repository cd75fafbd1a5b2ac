import {
  type Act,
  type Actor,
  formatInstant,
  type Instant,
  type Result,
  refuse,
  type SubjectRef,
} from "@postern/core";
import { needPerson, needScope, notFound } from "../access.ts";
import { actorOf, type Caller } from "../caller.ts";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Directory } from "../entities/directory.ts";
import { holderTouch } from "../opt-outs/touches.ts";
import { pageOf } from "../page.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Draft, DraftEvent } from "../record/command.ts";
import type { Writer } from "../record/writer.ts";
import { mayHold } from "../roles/held-roles.ts";
import type { UnreviewedService } from "../service.ts";
import type { ActView } from "../views.ts";
import type { HeldActs } from "./held.ts";
import { confirmed, standsFor } from "./second-person.ts";

export interface ActViews {
  readonly state: State;
  readonly directory: Directory;
  readonly clock: ControlClock;
}

export function actView(act: Act, { state, directory, clock }: ActViews): ActView {
  return {
    id: act.id,
    what: whatOf(act, directory),
    state: standsFor(act, state, clock.now().latest),
    by: directory.name(act.by) ?? { type: "erased", id: act.by },
    at: formatInstant(act.at),
    decideBy: act.decideBy === null ? null : formatInstant(act.decideBy),
    decidedBy:
      act.decidedBy === null
        ? null
        : (directory.name(act.decidedBy) ?? { type: "erased", id: act.decidedBy }),
    decidedAt: act.decidedAt === null ? null : formatInstant(act.decidedAt),
  };
}

function whatOf({ what }: Act, directory: Directory): ActView["what"] {
  if (what.kind === "role") {
    const { id, person, role } = what.grant;
    return {
      kind: "role",
      grant: id,
      person: directory.name(person) ?? { type: "erased", id: person },
      role,
    };
  }
  if (what.kind !== "token") return what;
  const { id, label, person, scopes, resources, maxAcr, subjectTypes, expiresAt } = what.token;
  return {
    kind: "token",
    token: id,
    label,
    person: person === null ? null : directory.name(person),
    scopes,
    resources,
    maxAcr,
    subjectTypes,
    expiresAt: formatInstant(expiresAt),
  };
}

export function unreviewedService(
  parts: ActViews & {
    readonly writer: Writer;
    readonly held: HeldActs;
    /** Records what has ended by now, before a lock is lifted that would let it go on. */
    readonly settleSessions: () => Promise<Problem | null>;
  },
): UnreviewedService {
  const { state, writer, clock, held } = parts;
  const view = (act: Act): ActView => actView(act, parts);

  /** Whoever may do it may be the second person. */
  function second(caller: Caller, act: Act): Result<SubjectRef, Problem> {
    const allowed =
      act.what.kind === "policy" ? needScope(caller, "policy.activate") : needScope(caller, "admin");
    return allowed.ok ? needPerson(caller) : allowed;
  }

  function decidable(act: Act, person: SubjectRef, now: State, at: Instant): Result<null, Problem> {
    const standing = standsFor(act, now, at);
    if (standing !== "waiting" && standing !== "unreviewed")
      return refuse(
        problem("unreviewed.state", `it is ${standing}; expected one that waits for a second person`),
      );
    if (act.by === person)
      return refuse(problem("unreviewed.own_act", "you did this yourself; somebody else has to look at it"));
    if (act.what.kind === "role" && act.what.grant.person === person)
      return refuse(problem("unreviewed.own_act", "the role is for you; somebody else has to look at it"));
    return { ok: true, value: null };
  }

  /** What happens once the second person has confirmed it. */
  function performed(act: Act, by: Actor, now: State, at: Instant): Result<readonly DraftEvent[], Problem> {
    if (act.standing === "unreviewed") return { ok: true, value: [] };
    const lost = (why: string): Result<never, Problem> => refuse(problem("unreviewed.state", why));
    const { what } = act;
    switch (what.kind) {
      case "token": {
        const { token } = what;
        if (at >= token.expiresAt) return lost("the token would have ended already");
        if (token.person !== null && (now.entity(token.person)?.deletedAt ?? null) !== null)
          return lost("the person of the token is no longer known");
        return {
          ok: true,
          value: [{ by, event: { type: "token.issued", token: { ...token, issuedAt: at } } }],
        };
      }
      case "role": {
        const { grant } = what;
        const grantable = mayHold(now, grant, at);
        return grantable.ok
          ? { ok: true, value: [{ by, event: { type: "role.granted", grant: { ...grant, grantedAt: at } } }] }
          : grantable;
      }
      case "lock":
        return now.lock(what.lock)?.liftedAt !== null
          ? lost("the lock is lifted already")
          : { ok: true, value: [{ by, event: { type: "lock.lifted", lock: what.lock } }] };
      case "policy":
      case "time":
      case "loss":
        return lost("this kind of act does not wait in the record");
      default:
        return what satisfies never;
    }
  }

  async function decide(
    caller: Caller,
    id: string,
    events: (act: Act, person: SubjectRef, now: State, at: Instant) => Result<readonly DraftEvent[], Problem>,
  ): Promise<Result<ActView, Problem>> {
    const written = await writer.submit<null>({
      by: actorOf(caller),
      touches: [`act:${id}`],
      // One after the other with whoever lifts the lock, or takes the person away.
      alsoTouches: (now) => touchesOf(now.act(id)),
      run(now, at) {
        const act = now.act(id);
        if (act === undefined) return notFound("act", id);
        const person = second(caller, act);
        if (!person.ok) return person;
        const made = events(act, person.value, now, at);
        return made.ok
          ? { ok: true, value: { events: made.value, done: () => null } satisfies Draft<null> }
          : made;
      },
    });
    if (!written.ok) return written;
    const act = state.act(id);
    return act === undefined ? notFound("act", id) : { ok: true, value: view(act) };
  }

  return {
    async list(caller, { state: wanted, ...page }) {
      const allowed = needScope(caller, "admin", "policy.activate");
      if (!allowed.ok) return allowed;
      const { latest } = clock.now();
      const shown = [...held.acts(), ...state.acts()].filter((act) => {
        const standing = standsFor(act, state, latest);
        return wanted === undefined
          ? standing === "waiting" || standing === "unreviewed"
          : standing === wanted;
      });
      return {
        ok: true,
        value: await pageOf(
          shown,
          page,
          ({ at, id }) => ({ at, id }),
          async (act) => view(act),
        ),
      };
    },
    async confirm(caller, id) {
      const waits = held.get(id);
      const unsettled = state.act(id)?.what.kind === "lock" ? await parts.settleSessions() : null;
      if (unsettled !== null) return refuse(unsettled);
      if (waits === undefined)
        return decide(caller, id, (act, person, now, at) => {
          const fit = decidable(act, person, now, at);
          if (!fit.ok) return fit;
          const by = actorOf(caller);
          const more = performed(act, by, now, at);
          return more.ok ? { ok: true, value: [confirmed(by, act.id, person), ...more.value] } : more;
        });
      const person = second(caller, waits);
      if (!person.ok) return person;
      const fit = decidable(waits, person.value, state, clock.now().latest);
      if (!fit.ok) return fit;
      const done = await held.confirm(id, person.value, actorOf(caller));
      const act = state.act(id);
      return !done.ok ? done : act === undefined ? notFound("act", id) : { ok: true, value: view(act) };
    },
    async deny(caller, id) {
      const waits = held.get(id);
      if (waits !== undefined) {
        const person = second(caller, waits);
        if (!person.ok) return person;
        held.deny(id);
        return { ok: true, value: { ...view(waits), state: "denied" } };
      }
      return decide(caller, id, (act, person, now, at) => {
        // What happened is undone by its own means; what waits is taken back by anyone, whoever asked.
        const standing = standsFor(act, now, at);
        return standing === "waiting"
          ? { ok: true, value: [{ by: actorOf(caller), event: { type: "act.denied", act: act.id, person } }] }
          : refuse(
              problem("unreviewed.state", `it is ${standing}; expected one that waits for a second person`),
            );
      });
    },
    open: () => {
      const { latest } = clock.now();
      const count = { waiting: 0, unreviewed: 0 };
      for (const act of [...held.acts(), ...state.acts()]) {
        const standing = standsFor(act, state, latest);
        if (standing === "waiting" || standing === "unreviewed") count[standing] += 1;
      }
      return count;
    },
  };
}

function touchesOf(act: Act | undefined): readonly string[] {
  if (act === undefined) return [];
  const { what } = act;
  if (what.kind === "lock") return [`lock:${what.lock}`];
  if (what.kind === "token") return [`token:${what.token.id}`];
  if (what.kind === "role") return [holderTouch(what.grant.person)];
  return [];
}
