import type { Keyring } from "../keyring/keyring.ts";
import { draftKey } from "../keyring/rotation.ts";
import type { State } from "../projection/state.ts";
import type { Writer } from "../record/writer.ts";

/** The first entries of a ledger: its name, and the keys that it starts with. */
export async function openLedger(parts: {
  readonly writer: Writer;
  readonly keys: Keyring;
  readonly state: State;
  readonly origin: string;
}): Promise<void> {
  const { writer, keys, origin } = parts;
  const by = { person: null, via: "system" } as const;
  const opened = await writer.submit({
    by: null,
    touches: ["keys"],
    run(now, __, next) {
      // Another node began it meanwhile.
      if (!now.keys().next().done) return { ok: true, value: { events: [], done: () => null } };
      const wrapping = keys.make("wrapping/1");
      keys.hold([wrapping]);
      const checkpoint = draftKey(parts, "checkpoint", by, next);
      const assertion = draftKey(parts, "assertion", by, next);
      const wrapped = {
        type: "key.rotated",
        key: "wrapping/1",
        epoch: 1,
        sinceSize: 0,
        publicKey: null,
        note: null,
      } as const;
      const [first] = checkpoint.events;
      const checkpointKey = first?.event.type === "key.rotated" ? (first.event.publicKey ?? "") : "";
      return {
        ok: true,
        value: {
          events: [
            { by, event: { type: "ledger.opened", origin, checkpointKey } },
            ...checkpoint.events,
            ...assertion.events,
            { by, event: wrapped },
          ],
          keys: [wrapping, ...(checkpoint.keys ?? []), ...(assertion.keys ?? [])],
          done: () => null,
        },
      };
    },
  });
  if (!opened.ok) throw new Error(`the ledger could not be opened: ${opened.refusal.detail}`);
}
