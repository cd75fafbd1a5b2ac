import { hash, type KeyObject, timingSafeEqual } from "node:crypto";
import { milliseconds, plus } from "@postern/core";
import type { ControlClock } from "./clock/control-clock.ts";
import type { KeptAnswer, Store } from "./ports/store.ts";
import { openBox, type RandomPool, sealBox } from "./seal/box.ts";
import type { IdempotencyService } from "./service.ts";

/** How long an answer is kept for its key. */
const KEPT = milliseconds(24 * 3_600_000);

/** Longer than any request takes: a node that stops in the middle of one holds its key for no longer. */
const CLAIMED = milliseconds(60_000);
const NOTHING = new Uint8Array();

/** Answers by `Idempotency-Key`, sealed: they may hold secrets and names. */
export function idempotencyService(parts: {
  readonly store: Store;
  readonly clock: ControlClock;
  readonly working: KeyObject;
  readonly pool: RandomPool;
  readonly keepAnswer: (answer: KeptAnswer) => Promise<void>;
}): IdempotencyService {
  const { store, clock, working, pool } = parts;
  const inFlight = new Set<string>();
  const context = (actor: string, key: string): string => `answer:${actor}:${hash("sha256", key, "hex")}`;
  const stored = async (actor: string, key: string): Promise<KeptAnswer | null> => {
    const kept = await store.keptAnswer(actor, key);
    return kept === null || clock.now().latest >= kept.until ? null : kept;
  };
  /** What is there already, for this node or any other; null: from now on the key is this request's. */
  async function taken(actor: string, key: string, request: Uint8Array): Promise<KeptAnswer | null> {
    const kept = await stored(actor, key);
    if (kept !== null || store.claims === undefined) return kept;
    const { latest } = clock.now();
    const mine = await store.claims.take({ actor, key, request, until: plus(latest, CLAIMED) }, latest);
    return mine ? null : ((await stored(actor, key)) ?? { actor, key, request, box: NOTHING, until: latest });
  }
  return {
    async find(actor, key, request) {
      const place = context(actor, key);
      if (inFlight.has(place)) return { kind: "in-flight" };
      inFlight.add(place);
      let kept: KeptAnswer | null;
      try {
        kept = await taken(actor, key, request);
      } catch (cause) {
        inFlight.delete(place);
        throw cause;
      }
      if (kept === null) return { kind: "none" };
      inFlight.delete(place);
      if (kept.request.length !== request.length || !timingSafeEqual(kept.request, request))
        return { kind: "other" };
      if (kept.box.length === 0) return { kind: "in-flight" };
      const plain = openBox(working, kept.box, place);
      return plain === null
        ? { kind: "other" }
        : { kind: "same", answer: Buffer.from(plain).toString("utf8") };
    },
    release(actor, key) {
      if (!inFlight.delete(context(actor, key))) return;
      // A claim that cannot be dropped now is over by itself a little later.
      void store.claims?.drop(actor, key).catch(() => undefined);
    },
    async keep(actor, key, request, answer) {
      const place = context(actor, key);
      const box = sealBox(working, Buffer.from(answer, "utf8"), place, pool);
      await parts.keepAnswer({ actor, key, request, box, until: plus(clock.now().latest, KEPT) });
      inFlight.delete(place);
    },
  };
}
