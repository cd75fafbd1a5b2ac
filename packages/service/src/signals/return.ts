import {
  type Actor,
  type Concern,
  type ConcernEnd,
  clearedBy,
  type EntityRef,
  hasEnded,
  holderRefs,
  type Instant,
  isHeldBack,
  isSuspendedBySignal,
  type Session,
} from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import { holderTouch } from "../opt-outs/touches.ts";
import type { World } from "../ports/world.ts";
import type { Problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";
import type { Writer } from "../record/writer.ts";

const SYSTEM: Actor = { person: null, via: "system" };

/** Ends what is over, and resumes what nothing holds back any more. All of it follows from what is recorded. */
export interface Return {
  /** Looks once; several looks at a time are one. */
  look(): Promise<void>;
  stop(): void;
}

/** How long the deciding thread is held at a time, in milliseconds. */
const SLICE_MS = 2;

export function returning(parts: {
  readonly world: Pick<World, "monotonic" | "after">;
  readonly state: State;
  readonly writer: Writer;
  readonly clock: ControlClock;
  readonly onCleared: (about: EntityRef, concern: Concern) => void;
  /** Records which sessions have ended by now: what resumes lets none of them go on. */
  readonly settleSessions: () => Promise<Problem | null>;
}): Return {
  const { state, writer, clock, world } = parts;
  let running: Promise<void> | null = null;

  async function look(): Promise<void> {
    const now = clock.now();
    let began = world.monotonic();
    for (const { ref, concerns = [], blind } of [...state.concerned()]) {
      if (world.monotonic() - began > SLICE_MS) {
        await new Promise<void>((resolve) => world.after(0, resolve));
        began = world.monotonic();
      }
      const sessions = sessionsAbout(ref, state);
      if (!concerns.some((one) => clearedBy(one, sessions, now) !== null)) continue;
      if ((await parts.settleSessions()) !== null) return;
      await writer.submit<null>({
        by: null,
        touches: [`entity:${blind}`, holderTouch(ref)],
        run(then, at) {
          // By what the record says now, and no later than this node can be sure that it is.
          const earliest = Math.min(clock.now().earliest, at) as Instant;
          const over = (then.entity(ref)?.concerns ?? []).flatMap((concern) => {
            const cause = clearedBy(concern, sessionsAbout(ref, then), { earliest, latest: at });
            return cause === null ? [] : [{ concern, cause }];
          });
          return {
            ok: true,
            value: {
              events: clearings(ref, over, then, at, SYSTEM),
              done() {
                for (const { concern } of over) parts.onCleared(ref, concern);
                return null;
              },
            },
          };
        },
      });
    }
  }

  // Somebody who has just proved who they are does not wait for the next look.
  const stop = writer.onCommit(({ changes }) => {
    const proved = changes.some(
      (change) =>
        change.projection === "sessions" &&
        change.record.revokedAt === null &&
        (state.entity(change.record.subject)?.concerns !== undefined ||
          (change.record.device !== null && state.entity(change.record.device)?.concerns !== undefined)),
    );
    if (proved) void begin().catch(() => undefined);
  });

  function begin(): Promise<void> {
    running ??= look().finally(() => {
      running = null;
    });
    return running;
  }

  return { look: begin, stop };
}

function sessionsAbout(ref: EntityRef, state: State): readonly Session[] {
  return ref.startsWith("sub_") ? state.sessionsOf(ref) : state.sessionsOn(ref);
}

/** The concerns that are over, and the opt-outs that resume because nothing else holds them back. */
export function clearings(
  about: EntityRef,
  over: readonly { readonly concern: Concern; readonly cause: ConcernEnd }[],
  state: State,
  at: Instant,
  by: Actor,
): readonly DraftEvent[] {
  const last = over.at(-1);
  if (last === undefined) return [];
  const ended = new Set(over.map(({ concern }) => concern));
  const left = (ref: EntityRef | "anonymous"): readonly Concern[] | undefined => {
    const standing = ref === "anonymous" ? undefined : state.entity(ref)?.concerns;
    return ref === about ? standing?.filter((one) => !ended.has(one)) : standing;
  };
  return [
    ...over.map(
      ({ concern, cause }): DraftEvent => ({
        by,
        event: {
          type: "signal.cleared",
          about,
          signal: concern.id,
          rule: concern.rule,
          source: concern.source,
          cause,
        },
      }),
    ),
    ...state.optOuts
      .about(about)
      .filter(
        (optOut) =>
          isSuspendedBySignal(optOut) &&
          !hasEnded(optOut, at) &&
          holderRefs(optOut.holder).some((ref) => ref === about) &&
          !holderRefs(optOut.holder).some((ref) => isHeldBack(left(ref), optOut)),
      )
      .map(
        ({ id }): DraftEvent => ({
          by,
          event: { type: "opt-out.resumed", optOut: id, cause: last.cause },
        }),
      ),
  ];
}
