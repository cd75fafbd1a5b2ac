import type { KeyObject } from "node:crypto";
import type { Instant, SignalKind, StreamId } from "@postern/core";
import type { Store } from "../ports/store.ts";
import { openBox, type RandomPool, sealBox } from "../seal/box.ts";
import type { AddedSubject } from "./added-subject.ts";

/** A stream of security events to one receiver, as it was agreed (SSF 1.0 section 8.1). */
export interface StoredStream {
  readonly id: StreamId;
  /** Whose it is: the label of the tokens that manage it, and the audience of its tokens. */
  readonly audience: string;
  readonly delivery:
    | { readonly method: "poll" }
    | { readonly method: "push"; readonly endpoint: string; readonly authorization: string | null };
  readonly requested: readonly SignalKind[];
  readonly description: string | null;
  readonly status: "enabled" | "paused" | "disabled";
  readonly reason: string | null;
  /** All subjects of these types, but for those that were removed; and those that were added. */
  readonly subjectTypes: readonly string[];
  readonly added: readonly AddedSubject[];
  readonly removed: readonly string[];
  /** While it is being made: since when. What is not in the record yet tells nobody anything. */
  readonly openingSince?: Instant;
}

/** All streams, sealed: they say who listens, and with which secret. Working state: to lose it opens nothing. */
export interface Registry {
  all(): Promise<readonly StoredStream[]>;
  /**
   * Those that are being made too. Throws, as `all` does, where they are there and cannot be read. Null from `edit` leaves
   * all as it was. Answers what `edit` answered.
   */
  change(edit: (streams: readonly StoredStream[]) => readonly StoredStream[] | null): Promise<void>;
}

const ID = "ssf/streams";
const CONTEXT = "ssf/streams";
const MOST_TRIES = 10;

interface Opened {
  readonly version: number;
  readonly streams: readonly StoredStream[];
}

export function registry(parts: {
  readonly store: Pick<Store, "cursor" | "moveCursor">;
  readonly working: KeyObject;
  readonly pool: RandomPool;
}): Registry {
  const { store, working, pool } = parts;

  /** What was opened last: it is read far more often than it changes. */
  let known: Opened | null = null;

  async function read(): Promise<Opened> {
    const cursor = await store.cursor(ID);
    if (cursor === null) return { version: 0, streams: [] };
    if (known?.version === cursor.version) return known;
    const plain = openBox(working, Buffer.from(cursor.body, "base64"), CONTEXT);
    // Taken for none, they would be written over by the next change.
    if (plain === null) throw new Error("the streams that were agreed cannot be read");
    const streams = JSON.parse(Buffer.from(plain).toString("utf8")) as readonly StoredStream[];
    known = { version: cursor.version, streams };
    return known;
  }

  return {
    all: async () => (await read()).streams.filter(({ openingSince }) => openingSince === undefined),
    async change(edit) {
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const { version, streams } = await read();
        const next = edit(streams);
        if (next === null) return;
        const box = sealBox(working, Buffer.from(JSON.stringify(next), "utf8"), CONTEXT, pool);
        if (await store.moveCursor(ID, version, Buffer.from(box).toString("base64"))) return;
      }
      throw new Error("the streams were changed by others again and again");
    },
  };
}
