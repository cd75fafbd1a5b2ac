import { type Instant, instant } from "@postern/core";
import type { Presence, World } from "@postern/service";
import { CHANNEL } from "./append.ts";
import { connect } from "./connection.ts";
import { DEADLINE } from "./writer.ts";

/** What nodes tell each other: who is here and how far, and that something was appended. */
export interface Peers {
  onAppend(listener: (size: number) => void): () => void;
  announce(node: string, size: number): Promise<void>;
  presences(): Promise<{ readonly nodes: readonly Presence[]; readonly now: Instant }>;
  leave(node: string): Promise<void>;
  close(): Promise<void>;
}

const LISTEN_AGAIN = 100;
const NOW = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
/** What a node that was killed left behind is shown for a day. */
const FORGET_AFTER = 86_400_000;

/**
 * One connection that listens and announces. A node that does not listen for a moment learns of what others append
 * when it next asks for the head; each announcement shows whether the connection still lives, and listens anew.
 */
export async function openPeers(url: string, world: Pick<World, "after">): Promise<Peers> {
  const listeners = new Set<(size: number) => void>();
  let listening: Promise<void> | null = null;
  let again = false;
  let closed = false;
  const connection = connect({
    url,
    connections: 1,
    statementTimeout: DEADLINE,
    deadline: DEADLINE,
    world,
    // A node that the others forgot in a crash would keep a lease that nobody waits for.
    durable: true,
    onClose() {
      listening = null;
      if (closed || again) return;
      again = true;
      world.after(LISTEN_AGAIN, () => {
        again = false;
        listen().catch(() => {});
      });
    },
    onNotify(channel, payload) {
      if (channel === CHANNEL) for (const listener of listeners) listener(Number(payload));
    },
  });

  function listen(): Promise<void> {
    if (closed) return Promise.resolve();
    if (listening !== null) return listening;
    const begun = connection.query(`LISTEN ${CHANNEL}`).then(
      () => {},
      (error: unknown) => {
        if (listening === begun) listening = null;
        throw error;
      },
    );
    listening = begun;
    return begun;
  }

  await listen();
  return {
    onAppend(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async announce(node, size) {
      if (listening === null) await listen();
      await connection.query(
        `INSERT INTO postern.nodes (id, size, seen) VALUES ($1::text, $2::bigint, ${NOW})
         ON CONFLICT (id) DO UPDATE SET size = excluded.size, seen = excluded.seen`,
        [node, String(size)],
      );
    },
    async presences() {
      const found = await connection.query(
        `SELECT n.id, n.size, n.seen, ${NOW} AS now FROM (SELECT 1) AS always LEFT JOIN postern.nodes AS n
         ON n.seen > ${NOW} - ${FORGET_AFTER}`,
      );
      return {
        nodes: found
          .filter((row) => row.id !== null)
          .map((row) => ({
            node: String(row.id),
            size: Number(row.size),
            seen: instant(Number(row.seen)),
          })),
        now: instant(Number(found[0]?.now)),
      };
    },
    async leave(node) {
      await connection.query(
        `DELETE FROM postern.nodes WHERE id = $1::text OR seen < ${NOW} - ${FORGET_AFTER}`,
        [node],
      );
    },
    async close() {
      closed = true;
      await connection.close();
    },
  };
}
