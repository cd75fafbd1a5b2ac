import { webcrypto } from "node:crypto";
import { type Actor, formatInstant, type Instant, type Result, refuse } from "@postern/core";
import { keyRotationText, signNote } from "@postern/ledger";
import { needScope } from "../access.ts";
import { actorOf } from "../caller.ts";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Keyring } from "../keyring/keyring.ts";
import { noteSigner, signingKey } from "../ledger/signing.ts";
import type { Store } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Draft, DraftEvent } from "../record/command.ts";
import type { Tip } from "../record/tip.ts";
import type { Writer } from "../record/writer.ts";
import type { KeyStatus, NodeService } from "../service.ts";
import type { AcceptedLoss, Loss } from "../views.ts";
import type { Doubts } from "./doubt.ts";
import type { MemberView } from "./membership.ts";

/** How long a replaced assertion key stays published, so that assertions under way can still be checked. */
const PUBLISHED_EPOCHS = 2;

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
  name: "checkpoint" | "assertion",
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
  let publicKey = Buffer.from(key.publicKey).toString("base64url");
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

export async function nodeService(parts: {
  readonly world: World;
  readonly store: Store;
  readonly state: State;
  readonly clock: ControlClock;
  readonly doubts: Doubts;
  readonly writer: Writer;
  readonly tip: Tip;
  readonly keys: Keyring;
  readonly origin: string;
  readonly dropped: () => number;
  /** How often the whole ledger was read back since the start. */
  readonly passes: () => number;
  readonly members: () => Promise<readonly MemberView[]>;
  readonly fresh: () => Promise<void>;
  readonly freshForStrangers: () => Promise<void>;
  readonly inEffect: (entry: number) => Promise<Instant | null>;
  readonly fence: (by: Actor, epoch: number) => Promise<Result<{ readonly epoch: number }, Problem>>;
  /** Why what ended is not all kept outside the database; null: it is. */
  readonly endsTrouble: () => string | null;
  readonly loss: () => Promise<Loss | null>;
  readonly acceptLoss: (by: Actor, known: number) => Promise<Result<AcceptedLoss, Problem>>;
}): Promise<NodeService & { readonly refreshAssertionKey: () => Promise<void> }> {
  const { store, state, clock, doubts, writer, keys, tip } = parts;
  const listeners = new Set<() => void>();
  let assertion: { readonly kid: string; readonly privateKey: webcrypto.CryptoKey } | null = null;

  async function refreshAssertionKey(): Promise<void> {
    const newest = newestKey(state, "assertion");
    const seed = newest === null ? null : keys.raw(newest.id);
    if (newest === null || seed === null || assertion?.kid === newest.id) return;
    const pkcs8 = signingKey(seed).privateKey.export({ format: "der", type: "pkcs8" });
    assertion = {
      kid: newest.id,
      privateKey: await webcrypto.subtle.importKey("pkcs8", pkcs8, { name: "Ed25519" }, false, ["sign"]),
    };
  }

  writer.onCommit(({ changes }) => {
    // Uses alone change no answer that was kept.
    if (changes.some(({ projection }) => projection !== "uses")) for (const listener of listeners) listener();
  });

  return {
    refreshAssertionKey,
    doubt: () => doubts.current(),
    endsTrouble: parts.endsTrouble,
    keys: () =>
      [...state.keys()]
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .map(
          ({ id, epoch, since, publicKey }): KeyStatus => ({
            name: id,
            epoch,
            since: formatInstant(since),
            publicKey,
          }),
        ),
    async rotate(caller, key) {
      const allowed = needScope(caller, "admin");
      if (!allowed.ok) return allowed;
      if (!["checkpoint", "assertion", "wrapping"].includes(key))
        return refuse(
          problem(
            "key.unknown",
            `there is no key \`${String(key).slice(0, 40)}\`; expected checkpoint, assertion or wrapping`,
          ),
        );
      const written =
        key === "wrapping" ? await rotateWrapping(actorOf(caller)) : await rotate(key, actorOf(caller));
      if (!written.ok) return written;
      await refreshAssertionKey();
      const now = newestKey(state, key);
      const status = [...state.keys()].find(({ id }) => id === now?.id);
      return status === undefined
        ? refuse(problem("key.unknown", `there is no key \`${key}\``))
        : {
            ok: true,
            value: {
              name: status.id,
              epoch: status.epoch,
              since: formatInstant(status.since),
              publicKey: status.publicKey,
            },
          };
    },
    async acceptTime(caller) {
      const allowed = needScope(caller, "admin");
      if (!allowed.ok) return allowed;
      const asked = clock.asks();
      const { now } = await store.confirm();
      const behind = Math.max(clock.now().latest - now, 0);
      clock.accept(now, asked);
      const written = await writer.submit({
        touches: ["time"],
        run: () => ({
          ok: true,
          value: {
            events: [{ by: actorOf(caller), event: { type: "time.accepted", wall: now, behind } }],
            done: () => null,
          },
        }),
      });
      return written.ok ? { ok: true, value: { at: formatInstant(clock.now().latest) } } : written;
    },
    fresh: parts.fresh,
    freshForStrangers: parts.freshForStrangers,
    async members(caller, entry) {
      const allowed = needScope(caller, "admin", "explain");
      if (!allowed.ok) return allowed;
      const inEffect = entry === undefined ? null : await parts.inEffect(entry);
      const nodes = (await parts.members()).map(({ leaseEndsAt, ...rest }) => ({
        ...rest,
        leaseEndsAt: formatInstant(leaseEndsAt),
      }));
      return {
        ok: true,
        value: {
          nodes,
          loss: await parts.loss(),
          ...(entry === undefined
            ? {}
            : { entry, inEffect: inEffect === null ? null : formatInstant(inEffect) }),
        },
      };
    },
    async fence(caller, epoch) {
      const allowed = needScope(caller, "admin");
      return allowed.ok ? parts.fence(actorOf(caller), epoch) : allowed;
    },
    async acceptLoss(caller, { lost }) {
      const allowed = needScope(caller, "admin");
      if (!allowed.ok) return allowed;
      const loss = await parts.loss();
      if (loss === null)
        return refuse(
          problem("node.nothing_lost", "this node knows of no loss: the database has all that it has seen"),
        );
      if (loss.lost !== lost)
        return refuse(
          problem(
            "node.other_loss",
            `expected the loss that is there, ${loss.lost} entries, got \`${lost}\``,
            [{ pointer: "#/lost", detail: `${loss.lost}` }],
          ),
        );
      // One that is no further than the database follows the log that grew there since: it knows of no loss.
      const most = Math.max(loss.known, loss.has);
      const more = (await parts.members()).find(({ live, size }) => live && size > most);
      if (more !== undefined)
        return refuse(
          problem(
            "node.knows_less",
            `the node \`${more.node}\` has seen ${more.size} entries, and this one ${loss.known}: accept the loss there, so that what ended there stays ended`,
          ),
        );
      return parts.acceptLoss(actorOf(caller), loss.known);
    },
    assertionKey() {
      if (assertion === null) throw new Error("there is no assertion key yet");
      return assertion;
    },
    jwks() {
      const newest = newestKey(state, "assertion")?.epoch ?? 0;
      const keep = [...state.keys()].filter(
        ({ id, epoch }) => id.startsWith("assertion/") && epoch > newest - PUBLISHED_EPOCHS,
      );
      return {
        keys: keep.map(({ id, publicKey }) => ({
          kty: "OKP",
          crv: "Ed25519",
          alg: "EdDSA",
          use: "sig",
          kid: id,
          x: publicKey,
        })),
      };
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    status: () => ({
      store: store.kind,
      size: tip.size,
      epoch: tip.epoch,
      revision: state.activeRevision()?.id ?? null,
      doubt: doubts.current(),
      findings: doubts.raised(),
      tampered: [...state.tampered.keys()],
      endsTrouble: parts.endsTrouble(),
      droppedDecisions: parts.dropped(),
      ledgerReadBack: parts.passes(),
      time: formatInstant(clock.now().latest),
    }),
  };

  function rotate(key: "checkpoint" | "assertion", by: Actor): Promise<Result<null, Problem>> {
    return writer.submit({
      touches: ["keys"],
      run: (_, __, next) => ({
        ok: true,
        value: draftKey({ keys, state, origin: parts.origin }, key, by, next),
      }),
    });
  }

  /** The keys inside stay the same: only what wraps them changes, first in the keyring, then in the record. */
  async function rotateWrapping(by: Actor): Promise<Result<null, Problem>> {
    const { wrapping, keys: rewrapped, epoch } = keys.rewrapped();
    const written = await writer.submit({
      touches: ["keys"],
      run: () => ({
        ok: true,
        value: {
          events: [
            {
              by,
              event: {
                type: "key.rotated",
                key: `wrapping/${epoch}`,
                epoch,
                sinceSize: 0,
                publicKey: null,
                note: null,
              },
            },
          ],
          keys: [wrapping],
          done: () => null,
        },
      }),
    });
    if (!written.ok) return written;
    await store.rewrap(rewrapped);
    // What was erased meanwhile stays erased.
    keys.hold(rewrapped.filter(({ id }) => keys.has(id)));
    return written;
  }
}
