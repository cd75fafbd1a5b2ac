import { type FactorId, type Instant, makeId, type Result, refuse } from "@postern/core";
import { deviceRevocation, deviceTouches } from "../devices/revocation.ts";
import { liveFactors } from "../factors/authority.ts";
import type { OpenedFactor } from "../factors/box.ts";
import { enrolment } from "../factors/enrolment.ts";
import type { FactorParts } from "../factors/factor-parts.ts";
import { MOST_FACTORS } from "../factors/factors.ts";
import { holderTouch } from "../opt-outs/touches.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Command, Draft, DraftEvent } from "../record/command.ts";
import { revocations } from "../sessions/revocations.ts";
import type { Proof } from "../sign-in/attempts.ts";
import { usable } from "../sign-in/usable.ts";
import { endedWithFactors } from "../states/states.ts";
import type { RecoveryTarget } from "./open.ts";
import { recoverable, recoveryNeeds } from "./requirement.ts";

export interface Finishing {
  readonly target: RecoveryTarget;
  readonly second: Proof | null;
  readonly network: string;
  readonly opened: OpenedFactor;
  readonly more: Parameters<typeof enrolment>[0]["more"];
  readonly lost: readonly string[];
}

/** Where what the recovery rests on has changed since its code was mailed, it is worth nothing. */
export function stillStands(
  parts: Pick<FactorParts, "directory"> & { readonly attribute: string },
  now: State,
  { subject, address, factors }: RecoveryTarget,
  at: Instant,
): boolean {
  if (recoverable(now, subject) === null) return false;
  if (parts.directory.open(subject)?.attributes[parts.attribute] !== address) return false;
  const live = liveFactors(now, subject, at);
  return live.length === factors.size && live.every(({ id }) => factors.has(id));
}

/** A new way to sign in, and the end of all that rested on the old ones, in one commit. */
export function finishing(
  parts: FactorParts & { readonly attribute: string },
  given: Finishing,
): Command<null> {
  const { target, second, network, opened, lost } = given;
  const { subject } = target;
  const id = makeId("fac", parts.pool.take(16));
  const by: DraftEvent["by"] = { person: subject, via: "system" };
  return {
    by: null,
    touches: [`entity:${parts.state.entity(subject)?.blind ?? subject}`, holderTouch(subject)],
    alsoTouches: (now) => [
      ...now.sessionsOf(subject).map((one) => `session:${one.id}`),
      ...now.devicesOf(subject).flatMap((device) => deviceTouches(now, device)),
    ],
    run(now, at): Result<Draft<null>, Problem> {
      const ended = () => refuse(problem("recovery.ended", "what it rests on has changed; begin again"));
      if (!stillStands(parts, now, target, at)) return ended();
      const needs = recoveryNeeds(now, subject);
      if (needs === "more" || (needs === "two" && second === null)) return ended();
      if (second !== null && !usable(now, subject, second.use, at)) return ended();
      const own = liveFactors(now, subject, at);
      const gone = own.filter(
        ({ id: one, kind }) => lost.includes(one) || (opened.kind === "password" && kind === "password"),
      );
      if (own.length - gone.length >= MOST_FACTORS)
        return refuse(problem("factor.too_many", `expected at most ${MOST_FACTORS} ways to sign in`));
      const blind = given.more?.blind ?? "";
      if (blind !== "" && now.factorByBlind(blind) !== undefined)
        return refuse(problem("factor.taken", `this ${opened.kind} is enrolled already`));
      const removed = own.flatMap((factor): readonly DraftEvent[] => {
        const replaced = opened.kind === "password" && factor.kind === "password";
        if (!replaced && !lost.includes(factor.id)) return [];
        const cause = replaced ? "replaced" : "recovery";
        return [{ by, event: { type: "factor.removed", factor: factor.id as FactorId, cause } }];
      });
      const events: DraftEvent[] = [
        ...(second === null
          ? []
          : [{ by, event: { type: "factor.used", use: second.use, session: null } } as const]),
        enrolment({
          parts,
          id,
          subject,
          at,
          by,
          opened,
          ...(given.more === undefined ? {} : { more: given.more }),
        }),
        ...removed,
      ];
      events.push(
        ...endedWithFactors({ state: now, policy: parts.policy }, subject, events, by),
        ...now
          .devicesOf(subject)
          .filter(({ revokedAt }) => revokedAt === null)
          .flatMap((device) => deviceRevocation(now, device, by, "recovery")),
        ...revocations(now.sessionsOf(subject), by, "recovery"),
        {
          by,
          event: {
            type: "recovery.finished",
            subject,
            proved: second === null ? [] : [second.method.method],
          },
          sealed: { from: { key: subject, value: network } },
        },
      );
      return { ok: true, value: { events: onceEach(events), done: () => null } };
    },
  };
}

/** An opt-out that stood on a factor and on a device ends once. */
function onceEach(events: readonly DraftEvent[]): readonly DraftEvent[] {
  const seen = new Set<string>();
  return events.filter(({ event }) => {
    if (event.type !== "opt-out.revoked") return true;
    if (seen.has(event.optOut)) return false;
    seen.add(event.optOut);
    return true;
  });
}
