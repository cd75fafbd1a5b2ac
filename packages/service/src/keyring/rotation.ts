import type { Actor, Result } from "@postern/core";
import { keyRotationText, signNote } from "@postern/ledger";
import { noteSigner, signingKey } from "../ledger/signing.ts";
import type { Store } from "../ports/store.ts";
import type { Problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Draft, DraftEvent } from "../record/command.ts";
import type { Writer } from "../record/writer.ts";
import type { Keyring } from "./keyring.ts";
import { openidKey, openidPublicKey } from "./openid-key.ts";

/** Keys that others check signatures with. */
export type SigningKeyName = "checkpoint" | "assertion" | "openid";

export function newestKey(
  state: State,
  name: string,
): { readonly id: string; readonly epoch: number; readonly publicKey: string | null } | null {
  let newest: { readonly id: string; readonly epoch: number; readonly publicKey: string | null } | null =
    null;
  for (const key of state.keys())
    if (key.id.startsWith(`${name}/`) && key.epoch > (newest?.epoch ?? 0)) newest = key;
  return newest;
}

/** A new epoch of a named key: made, wrapped, and told in the ledger; a checkpoint key is handed over in a note. */
export function draftKey(
  parts: { readonly keys: Keyring; readonly state: State; readonly origin: string },
  name: SigningKeyName,
  by: Actor,
  next: number,
): Draft<null> {
  const before = newestKey(parts.state, name);
  const epoch = (before?.epoch ?? 0) + 1;
  const id = `${name}/${epoch}`;
  const made = parts.keys.make(id);
  parts.keys.hold([made]);
  const seed = parts.keys.raw(id);
  if (seed === null) throw new TypeError(`the key \`${id}\` cannot be opened`);
  const key = signingKey(seed);
  const sinceSize = epoch === 1 ? 0 : next + 1;
  let publicKey =
    name === "openid"
      ? openidPublicKey(openidKey(seed, id))
      : Buffer.from(key.publicKey).toString("base64url");
  let note: string | null = null;
  if (name === "checkpoint") {
    const fresh = noteSigner(parts.origin, key);
    publicKey = fresh.vkey;
    const old = before === null ? null : parts.keys.raw(before.id);
    if (old !== null) {
      note = signNote(
        keyRotationText({ origin: parts.origin, epoch, since: sinceSize, vkey: fresh.vkey }),
        noteSigner(parts.origin, signingKey(old)).signer,
        fresh.signer,
      );
    }
  }
  const event: DraftEvent = {
    by,
    event: { type: "key.rotated", key: id, epoch, sinceSize, publicKey, note },
  };
  return { events: [event], keys: [made], done: () => null };
}

/** Puts a new epoch of a named key in the place of the one before. */
export function keyRotation(parts: {
  readonly store: Pick<Store, "rewrap">;
  readonly state: State;
  readonly writer: Writer;
  readonly keys: Keyring;
  readonly origin: string;
}): (key: SigningKeyName | "wrapping", by: Actor) => Promise<Result<null, Problem>> {
  const { store, state, writer, keys } = parts;
  return (key, by) => (key === "wrapping" ? rotateWrapping(by) : rotate(key, by));

  function rotate(key: SigningKeyName, by: Actor): Promise<Result<null, Problem>> {
    return writer.submit({
      by,
      touches: ["keys"],
      run: (_, __, next) => ({
        ok: true,
        value: draftKey({ keys, state, origin: parts.origin }, key, by, next),
      }),
    });
  }

  /** The keys inside stay the same: only what wraps them changes, first in the keyring, then in the record. */
  async function rotateWrapping(by: Actor): Promise<Result<null, Problem>> {
    let made: ReturnType<Keyring["rewrapped"]> | null = null;
    const written = await writer.submit({
      by,
      touches: ["keys"],
      run() {
        // Of the keys that this node knows where it stands in the log: another may have rotated them meanwhile.
        const now = keys.rewrapped();
        const { epoch, wrapping } = now;
        made = now;
        const key = `wrapping/${epoch}`;
        return {
          ok: true,
          value: {
            events: [
              { by, event: { type: "key.rotated", key, epoch, sinceSize: 0, publicKey: null, note: null } },
            ],
            keys: [wrapping],
            done: () => null,
          },
        };
      },
    });
    const rewrapped = made as ReturnType<Keyring["rewrapped"]> | null;
    if (!written.ok || rewrapped === null) return written;
    // What was erased meanwhile stays erased.
    if (await store.rewrap(rewrapped.wrapping, rewrapped.keys))
      keys.hold(rewrapped.keys.filter(({ id }) => keys.has(id)));
    return written;
  }
}
