import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Loopback, Visit } from "../context.ts";

const PATH = "/callback";

function say(response: ServerResponse, status: number, words: string): void {
  response
    .writeHead(status, {
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      connection: "close",
    })
    .end(`${words}\n`);
}

/** Listens on a free port of this very machine for the browser to come back (RFC 8252 section 7.3). */
export async function nodeLoopback(): Promise<Loopback> {
  const visits: Visit[] = [];
  let waiting: (() => void) | null = null;
  const server = createServer((request, response) => {
    const asked = `http://127.0.0.1${request.url ?? "/"}`;
    const address = URL.canParse(asked) ? new URL(asked) : null;
    if (request.method !== "GET" || address?.pathname !== PATH)
      return say(response, 404, "There is nothing here.");
    visits.push({
      query: address.searchParams,
      answer: (ok) =>
        ok
          ? say(response, 200, "You are signed in. Close this window and go on in the terminal.")
          : say(response, 400, "This is not the answer that the terminal waits for."),
    });
    waiting?.();
  });
  await new Promise<void>((listening, failed) => {
    server.once("error", failed);
    server.listen(0, "127.0.0.1", listening);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}${PATH}`,
    async next(signal) {
      for (;;) {
        signal.throwIfAborted();
        const visit = visits.shift();
        if (visit !== undefined) return visit;
        await new Promise<void>((come) => {
          waiting = come;
          signal.addEventListener("abort", () => come(), { once: true });
        });
      }
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeIdleConnections();
      }),
  };
}
