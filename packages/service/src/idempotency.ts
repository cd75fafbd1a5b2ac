import { hash, type KeyObject, timingSafeEqual } from "node:crypto";
import { milliseconds, plus } from "@postern/core";
import type { ControlClock } from "./clock/control-clock.ts";
import type { KeptAnswer, Store } from "./ports/store.ts";
import { openBox, type RandomPool, sealBox } from "./seal/box.ts";
import type { IdempotencyService } from "./service.ts";

/** How long an answer is kept for its key. */
const KEPT = milliseconds(24 * 3_600_000);

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
  return {
    async find(actor, key, request) {
      const place = context(actor, key);
      if (inFlight.has(place)) return { kind: "in-flight" };
      inFlight.add(place);
      let kept: KeptAnswer | null;
      try {
        kept = await store.keptAnswer(actor, key);
      } catch (cause) {
        inFlight.delete(place);
        throw cause;
      }
      if (kept === null || clock.now().latest >= kept.until) return { kind: "none" };
      inFlight.delete(place);
      if (kept.request.length !== request.length || !timingSafeEqual(kept.request, request))
        return { kind: "other" };
      const plain = openBox(working, kept.box, place);
      return plain === null
        ? { kind: "other" }
        : { kind: "same", answer: Buffer.from(plain).toString("utf8") };
    },
    release(actor, key) {
      inFlight.delete(context(actor, key));
    },
    async keep(actor, key, request, answer) {
      const place = context(actor, key);
      try {
        const box = sealBox(working, Buffer.from(answer, "utf8"), place, pool);
        await parts.keepAnswer({ actor, key, request, box, until: plus(clock.now().latest, KEPT) });
      } finally {
        inFlight.delete(place);
      }
    },
  };
}
