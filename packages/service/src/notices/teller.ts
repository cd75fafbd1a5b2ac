import { type EntityRef, type Instant, instant, milliseconds, plus, type UseCount } from "@postern/core";
import type { Directory } from "../entities/directory.ts";
import type { NoticeChannel, NoticeMessage, Recipient, Sent } from "../ports/notice-channel.ts";
import type { Cursor, Store } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { State } from "../projection/state.ts";
import type { Words } from "../record/words.ts";
import { due, type Happened, messageId, type OptOutHappened, recorded } from "./happened.ts";
import { countsOf, firstPlace, type Place, placeOf, usesOf } from "./place.ts";
import type { recipientsOf } from "./recipients.ts";

export interface TellerParts {
  readonly world: World;
  readonly store: Store;
  readonly state: State;
  readonly directory: Directory;
  /** Entries that this node has applied. */
  readonly size: () => number;
  /** Control-plane time; null: this node is in doubt and tells nothing. */
  readonly now: () => Instant | null;
  readonly node: string;
  readonly recipients: (optOut: OptOutHappened["optOut"]) => ReturnType<typeof recipientsOf>;
  /** Whose account it is; null: they are gone. */
  readonly person: (ref: EntityRef) => Recipient | null;
  /** Sealed words beside an entry; null: their key is gone. */
  readonly words: Words;
  /** How long a message is tried before it is given up. */
  readonly giveUpAfter: number;
  readonly onGivenUp: (channel: string, message: NoticeMessage) => Promise<void>;
  /** Told when a channel begins to fail, and when it works again (null). */
  readonly onTrouble: (channel: string, why: string | null) => void;
}

/** Tells one channel what happened, from where it stands in the log. */
export interface Teller {
  readonly channel: string;
  /** Looks what is to be told and tells it. Several calls at once are one. */
  look(): Promise<void>;
  place(): Promise<Place | null>;
  /** Lets another node send at once. */
  leave(): Promise<void>;
}

/** No other node sends while one that sent within this time may still be at it. */
const LEASE = milliseconds(60_000);
/** What falls due is told this much later, so that what other nodes recorded until then is known. */
const LAG = 5_000;
const MOST_ENTRIES = 2_000;
/** Entries of honours are long: few at a time leave the thread to those who ask. */
const CHUNK = 16;
/** For a fault of one message alone. */
const MOST_ATTEMPTS = 8;
const FIRST_PAUSE = 5_000;
const LONGEST_PAUSE = 3_600_000;
/** A place in time that has nothing to tell is noted this seldom. */
const NOTE_EVERY = 600_000;

export function teller(channel: NoticeChannel, parts: TellerParts): Teller {
  const { world, store, state } = parts;
  const id = `notices/${channel.name}`;
  let running: Promise<void> | null = null;

  async function look(): Promise<void> {
    const now = parts.now();
    if (now === null) return;
    const cursor = await store.cursor(id);
    if (cursor === null) {
      await store.moveCursor(id, 0, JSON.stringify(firstPlace(parts.size(), now)));
      return;
    }
    const place = placeOf(cursor);
    if (place.node !== parts.node && now < place.leaseEndsAt) return;
    if (now < place.nextAt) return;
    const until = place.until ?? {
      entry: Math.min(parts.size(), place.entry + MOST_ENTRIES),
      time: instant(Math.max(place.time, now - LAG)),
    };
    // What was under way on a node that knew more waits until this one knows it too.
    if (until.entry > parts.size() || until.entry < place.entry) return;
    await tell(cursor, { ...place, until }, until);
  }

  async function tell(
    cursor: Cursor,
    place: Place,
    until: { readonly entry: number; readonly time: Instant },
  ): Promise<void> {
    const counts = countsOf(place);
    const messages = await messagesOf(place, until, counts);
    if (messages.length === 0 && until.entry === place.entry && until.time - place.time < NOTE_EVERY) return;
    let version = cursor.version;
    let here: Place = place;
    const move = async (next: Partial<Place>): Promise<boolean> => {
      const now = parts.now();
      if (now === null) return false;
      here = { ...here, ...next, node: parts.node, leaseEndsAt: plus(now, LEASE) };
      const moved = await store.moveCursor(id, version, JSON.stringify(here));
      version += 1;
      return moved;
    };
    if (messages.length > 0 && !(await move({}))) return;
    for (const { message, order } of messages) {
      const sent = await send(message, here);
      if (sent.kind === "later") {
        if (here.failingSince === null) parts.onTrouble(channel.name, sent.why);
        await pause(sent.why, move, here);
        return;
      }
      if (sent.kind === "never") await parts.onGivenUp(channel.name, message);
      if (here.failingSince !== null && sent.kind === "delivered") parts.onTrouble(channel.name, null);
      const progress: Partial<Place> = {
        after: [message.at, order],
        givenUp: here.givenUp + (sent.kind === "never" ? 1 : 0),
        // What is given up for its age leaves the channel as it was: it still fails.
        ...(sent.kind === "delivered" || sent.why !== TOO_OLD ? WORKS : {}),
      };
      // Another node has taken over: it goes on from what was noted.
      if (!(await move(progress))) return;
    }
    await move({ entry: until.entry, time: until.time, until: null, after: null, uses: usesOf(counts) });
  }

  async function send(message: NoticeMessage, here: Place): Promise<Sent> {
    const now = parts.now();
    const tooOld = now !== null && now - message.at >= parts.giveUpAfter;
    // One attempt for all that is too old: a receiver that is away is not waited for again and again.
    if (tooOld && here.attempts > 0) return { kind: "never", why: TOO_OLD };
    let sent: Sent;
    try {
      sent = await channel.send(message);
    } catch (cause) {
      sent = { kind: "later", why: cause instanceof Error ? cause.name : "unknown" };
    }
    return sent.kind === "later" && sent.ofMessage === true && here.attempts >= MOST_ATTEMPTS
      ? { kind: "never", why: sent.why }
      : sent;
  }

  /** Exponential, with a part that is left to chance so that receivers are not met by everybody at once. */
  async function pause(
    why: string,
    move: (next: Partial<Place>) => Promise<boolean>,
    here: Place,
  ): Promise<void> {
    const now = parts.now();
    if (now === null) return;
    const whole = Math.min(FIRST_PAUSE * 2 ** Math.min(here.attempts, 20), LONGEST_PAUSE);
    const chance = (world.random(1)[0] ?? 0) / 255;
    const nextAt = instant(Math.floor(now + whole * (0.75 + chance / 4)));
    await move({ attempts: here.attempts + 1, failingSince: here.failingSince ?? now, nextAt, why });
  }

  async function messagesOf(
    place: Place,
    until: { readonly entry: number; readonly time: Instant },
    counts: Map<string, UseCount>,
  ): Promise<readonly Ordered[]> {
    const happened: Happened[] = [];
    for (let from = place.entry; from < until.entry; from += CHUNK) {
      const entries = await store.entries(from, Math.min(from + CHUNK, until.entry));
      happened.push(...recorded(entries, state, counts));
    }
    happened.push(...due(state, place.time, until.time));
    const { after } = place;
    const messages: Ordered[] = [];
    for (const one of happened) messages.push(...(await messagesFor(one)));
    return messages
      .filter(({ message, order }) => after === null || comesAfter(message.at, order, after))
      .sort((a, b) => (comesAfter(a.message.at, a.order, [b.message.at, b.order]) ? 1 : -1));
  }

  async function messagesFor(one: Happened): Promise<readonly Ordered[]> {
    if (one.kind === "recovered") {
      const { kind, at, subject, entry } = one;
      const person = parts.person(subject);
      const id = messageId(one, person?.ref ?? null);
      const from = person === null ? null : await parts.words.of(entry, "from");
      const message = { kind, at, id, subject, entry, from, to: channel.each ? person : null };
      return channel.each && person === null ? [] : [{ message, order: `${one.key}/${id}` }];
    }
    const { optOut, kind, at, until, cause } = one;
    const subject = optOut.holder.kind === "anonymous" ? null : optOut.holder.subject;
    const base = {
      kind,
      at,
      until,
      cause,
      optOut: optOut.id,
      control: optOut.control,
      offer: optOut.offer,
      resources: optOut.scope.resources.map(({ text }) => text),
      holder: subject === null ? null : parts.directory.name(subject),
      holderRef: subject,
    };
    const ordered = (to: Recipient | null): Ordered => {
      const name = messageId(one, to?.ref ?? null);
      return { message: { ...base, id: name, to }, order: `${one.key}/${name}` };
    };
    return channel.each ? parts.recipients(optOut).map(ordered) : [ordered(null)];
  }

  return {
    channel: channel.name,
    look() {
      running ??= look().finally(() => {
        running = null;
      });
      return running;
    },
    async leave() {
      await running?.catch(() => {});
      const cursor = await store.cursor(id);
      const place = cursor === null ? null : placeOf(cursor);
      if (cursor === null || place === null || place.node !== parts.node) return;
      await store.moveCursor(id, cursor.version, JSON.stringify({ ...place, leaseEndsAt: instant(0) }));
    },
    async place() {
      const cursor = await store.cursor(id);
      return cursor === null ? null : placeOf(cursor);
    },
  };
}

interface Ordered {
  readonly message: NoticeMessage;
  /** Among those of one instant: what entries tell first, in their order. */
  readonly order: string;
}

function comesAfter(at: Instant, order: string, after: readonly [at: number, order: string]): boolean {
  return at > after[0] || (at === after[0] && order > after[1]);
}

const TOO_OLD = "too old";
const WORKS: Partial<Place> = { attempts: 0, failingSince: null, nextAt: instant(0), why: null };
