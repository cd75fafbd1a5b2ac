import type { Act, Actor, Instant, Result, SubjectRef, Unreviewed, Widening } from "@postern/core";
import type { Problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";
import type { RandomPool } from "../seal/box.ts";
import { aloneMark, confirmed, others, requestedAct, standsFor, waitingFor } from "./second-person.ts";

/** How an act that needs two persons is to be recorded. */
export interface Hands {
  readonly by: Actor;
  readonly mark: Unreviewed;
  /** What tells of the first person, where there are two. */
  readonly before: readonly DraftEvent[];
}

/**
 * Acts on a node in doubt, which records nothing until they are done: what the first person asked for is kept in this
 * node's memory alone, and recorded with the second person's word. A restart forgets it.
 */
export interface HeldActs {
  acts(): Iterable<Act>;
  get(id: string): Act | undefined;
  /**
   * Does it where there is no second person, or where another person asked for the same; otherwise it waits, and the
   * act is answered.
   */
  ask<Value>(
    person: SubjectRef,
    by: Actor,
    what: Widening,
    same: (other: Widening) => boolean,
    run: (hands: Hands) => Promise<Result<Value, Problem>>,
  ): Promise<Result<Value, Problem> | Act>;
  /** The second person's word on one that waits. */
  confirm(id: string, person: SubjectRef, by: Actor): Promise<Result<unknown, Problem>>;
  deny(id: string): void;
}

interface Held {
  readonly act: Act;
  readonly by: Actor;
  readonly run: (hands: Hands) => Promise<Result<unknown, Problem>>;
}

export function heldActs(parts: {
  readonly state: State;
  readonly now: () => Instant;
  readonly pool: RandomPool;
}): HeldActs {
  const { state, now, pool } = parts;
  const held = new Map<string, Held>();

  const hands = ({ act, by: first }: Held, person: SubjectRef, by: Actor): Hands => {
    const { standing: _, decidedBy: __, decidedAt: ___, ...requested } = act;
    return {
      by,
      mark: {},
      before: [
        { by: first, event: { type: "act.requested", act: requested } },
        confirmed(by, act.id, person),
      ],
    };
  };

  function forgetLapsed(): void {
    for (const [id, { act }] of held) if (standsFor(act, state, now()) !== "waiting") held.delete(id);
  }

  /** Nobody else finds it meanwhile: a word that is under way is not given a second time. */
  async function done<Value>(
    first: Held,
    run: (hands: Hands) => Promise<Result<Value, Problem>>,
    person: SubjectRef,
    by: Actor,
  ): Promise<Result<Value, Problem>> {
    held.delete(first.act.id);
    let recorded = false;
    try {
      const result = await run(hands(first, person, by));
      recorded = result.ok;
      return result;
    } finally {
      if (!recorded) held.set(first.act.id, first);
    }
  }

  return {
    *acts() {
      for (const { act } of held.values()) yield act;
    },
    get: (id) => held.get(id)?.act,
    async ask(person, by, what, same, run) {
      forgetLapsed();
      const waits = waitingFor(this.acts(), person, same, state, now());
      if (waits !== null && waits.by === person) return waits;
      const first = waits === null ? undefined : held.get(waits.id);
      if (first !== undefined) return done(first, run, person, by);
      if (others(state, person, [], now()).size === 0)
        return run({ by, mark: aloneMark(person, pool), before: [] });
      const act: Act = {
        ...requestedAct(what, person, now(), pool),
        standing: "waiting",
        decidedBy: null,
        decidedAt: null,
      };
      held.set(act.id, { act, by, run });
      return act;
    },
    async confirm(id, person, by) {
      const first = held.get(id);
      if (first === undefined) throw new TypeError(`the act \`${id}\` is not held here`);
      return done(first, first.run, person, by);
    },
    deny(id) {
      held.delete(id);
    },
  };
}
