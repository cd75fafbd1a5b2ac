import { createServer, connect as dial, type Socket } from "node:net";

/** Which way bytes do not get through. Towards the database, from it, or neither. */
export type Cut = "up" | "down" | "both";

/** Stands between one node and the database, and can hold back what passes. */
export interface TcpProxy {
  readonly port: number;
  /** From now on nothing passes that way; connections stay open, as in a network that swallows packets. */
  cut(way: Cut): void;
  /** `flow`: what was held back arrives. `reset`: what was held back is lost, and its connections with it. */
  heal(how: "flow" | "reset"): void;
  close(): Promise<void>;
}

export async function tcpProxy(to: number): Promise<TcpProxy> {
  let held: Cut | null = null;
  const pairs = new Set<{ readonly near: Socket; readonly far: Socket }>();
  const apply = ({ near, far }: { readonly near: Socket; readonly far: Socket }): void => {
    if (held === "up" || held === "both") near.pause();
    else near.resume();
    if (held === "down" || held === "both") far.pause();
    else far.resume();
  };
  const server = createServer((near) => {
    const far = dial(to, "127.0.0.1");
    const pair = { near, far };
    pairs.add(pair);
    for (const socket of [near, far]) socket.setNoDelay(true);
    near.on("data", (bytes) => far.write(bytes));
    far.on("data", (bytes) => near.write(bytes));
    apply(pair);
    const end = (): void => {
      pairs.delete(pair);
      near.resetAndDestroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on("error", end).on("close", end);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    cut(way) {
      held = way;
      for (const pair of pairs) apply(pair);
    },
    heal(how) {
      held = null;
      for (const pair of [...pairs])
        if (how === "flow") apply(pair);
        else {
          pair.near.resetAndDestroy();
          pair.far.resetAndDestroy();
        }
    },
    close() {
      for (const { near, far } of pairs) {
        near.destroy();
        far.destroy();
      }
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
