import { webcrypto } from "node:crypto";
import {
  formatInstant,
  type Instant,
  type Result,
  refuse,
  type SubjectRef,
  type Widening,
} from "@postern/core";
import { needPerson, needScope } from "../access.ts";
import { actorOf, type Caller } from "../caller.ts";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Directory } from "../entities/directory.ts";
import type { Keyring } from "../keyring/keyring.ts";
import { type OpenidKey, openidKey } from "../keyring/openid-key.ts";
import { draftKey, keyRotation, newestKey } from "../keyring/rotation.ts";
import { signingKey } from "../ledger/signing.ts";
import type { Store } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Tip } from "../record/tip.ts";
import type { Writer } from "../record/writer.ts";
import type { KeyStatus, NodeService } from "../service.ts";
import { endUnknown } from "../sessions/end-unknown.ts";
import type { Hands, HeldActs } from "../unreviewed/held.ts";
import { actView } from "../unreviewed/unreviewed.ts";
import type { AcceptedLoss, Loss } from "../views.ts";
import type { Doubts } from "./doubt.ts";
import type { MemberView } from "./membership.ts";

/** How long a replaced assertion or OpenID key stays published, so that what is under way can still be checked. */
const PUBLISHED_EPOCHS = 2;

/** Two persons who ask for the time to be accepted a moment apart ask for the same. */
const SAME_TIME = 60_000;

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
  /** Why what ended is not all kept outside the database; null: it is. */
  readonly endsTrouble: () => string | null;
  readonly loss: () => Promise<Loss | null>;
  readonly acceptLoss: (hands: Hands, known: number) => Promise<Result<AcceptedLoss, Problem>>;
  readonly held: HeldActs;
  readonly directory: Directory;
  /** Whether all that the database has is in memory: before that nobody can tell who else there is. */
  readonly settled: () => boolean;
}): Promise<NodeService & { readonly refreshAssertionKey: () => Promise<void> }> {
  const { store, state, clock, doubts, writer, keys, tip } = parts;
  const listeners = new Set<Parameters<NodeService["onChange"]>[0]>();
  const openidMade = new Map<string, OpenidKey>();
  const rotate = keyRotation(parts);
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
    const told = changes.filter(({ projection }) => projection !== "uses");
    if (told.length === 0 || listeners.size === 0) return;
    const sessions = told.flatMap((change) => (change.projection === "sessions" ? change.record.id : []));
    const alone = sessions.length === told.length ? sessions : null;
    for (const listener of listeners) listener(alone);
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
      if (!["checkpoint", "assertion", "openid", "wrapping"].includes(key))
        return refuse(
          problem(
            "key.unknown",
            `there is no key \`${String(key).slice(0, 40)}\`; expected checkpoint, assertion, openid or wrapping`,
          ),
        );
      const written = await rotate(key, actorOf(caller));
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
      const person = needWhole(caller);
      if (!person.ok) return person;
      const { now } = await store.confirm();
      const behind = Math.max(clock.now().latest - now, 0);
      const same = (what: Widening): boolean =>
        what.kind === "time" && Math.abs(what.behind - behind) <= SAME_TIME;
      const done = await parts.held.ask(
        person.value,
        actorOf(caller),
        { kind: "time", behind },
        same,
        (hands) => acceptTime(hands, behind),
      );
      if ("ok" in done) return done;
      return { ok: true, value: { at: formatInstant(clock.now().latest), waits: actView(done, parts) } };
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
    fence: () => state.fence()?.epoch ?? null,
    async acceptLoss(caller, { lost }) {
      const allowed = needScope(caller, "admin");
      if (!allowed.ok) return allowed;
      const person = needWhole(caller);
      if (!person.ok) return person;
      const fit = await acceptable(lost);
      if (!fit.ok) return fit;
      const done = await parts.held.ask(
        person.value,
        actorOf(caller),
        { kind: "loss", lost },
        (what) => what.kind === "loss" && what.lost === lost,
        async (hands) => {
          // It may have grown, or be gone, since the first person asked.
          const still = await acceptable(lost);
          return still.ok ? parts.acceptLoss(hands, still.value.known) : still;
        },
      );
      return "ok" in done ? done : { ok: true, value: { waits: actView(done, parts) } };
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
    async beginOpenid() {
      if (newestKey(state, "openid") !== null) return { ok: true, value: null };
      const by = { person: null, via: "system" } as const;
      return await writer.submit({
        by: null,
        touches: ["keys"],
        run: (now, _, next) => ({
          ok: true,
          value:
            newestKey(now, "openid") === null
              ? draftKey(parts, "openid", by, next)
              : { events: [], done: () => null },
        }),
      });
    },
    openidKeys() {
      const newest = newestKey(state, "openid")?.epoch ?? 0;
      return [...state.keys()]
        .filter(({ id, epoch }) => id.startsWith("openid/") && epoch > newest - PUBLISHED_EPOCHS)
        .sort((a, b) => b.epoch - a.epoch)
        .flatMap(({ id }): readonly OpenidKey[] => {
          const seed = keys.raw(id);
          if (seed === null) return [];
          // Asked for at every request; the same bytes make the same key.
          const known = openidMade.get(id) ?? openidKey(seed, id);
          openidMade.set(id, known);
          return [known];
        });
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

  /** A person, on a node that knows all persons. */
  function needWhole(caller: Caller): Result<SubjectRef, Problem> {
    if (!parts.settled())
      return refuse(problem("busy", "this node reads the log anew; ask again in a moment"));
    return needPerson(caller);
  }

  async function acceptTime(hands: Hands, asked: number): Promise<Result<{ readonly at: string }, Problem>> {
    const began = clock.asks();
    const { now } = await store.confirm();
    const behind = Math.max(clock.now().latest - now, 0);
    if (Math.abs(behind - asked) > SAME_TIME)
      return refuse(
        problem("unreviewed.state", "the clock has moved again since this was asked for; ask anew"),
      );
    clock.accept(now, began);
    const written = await writer.submit({
      by: hands.by,
      touches: ["time"],
      run: () => ({
        ok: true,
        value: {
          events: [
            ...hands.before,
            { by: hands.by, event: { type: "time.accepted", wall: now, behind, ...hands.mark } },
          ],
          done: () => null,
        },
      }),
    });
    if (!written.ok) return written;
    if (clock.lost()) {
      const ended = await endUnknown(parts, hands.by);
      if (!ended.ok) return ended;
      clock.found();
    }
    return { ok: true, value: { at: formatInstant(clock.now().latest) } };
  }

  async function acceptable(lost: number): Promise<Result<Loss, Problem>> {
    const fault = writer.fault();
    if (fault?.kind === "fenced") return refuse(problem("node.doubt", fault.detail));
    const loss = await parts.loss();
    if (loss === null)
      return refuse(
        problem("node.nothing_lost", "this node knows of no loss: the database has all that it has seen"),
      );
    if (loss.lost !== lost)
      return refuse(
        problem("node.other_loss", `expected the loss that is there, ${loss.lost} entries, got \`${lost}\``, [
          { pointer: "#/lost", detail: `${loss.lost}` },
        ]),
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
    return { ok: true, value: loss };
  }
}
