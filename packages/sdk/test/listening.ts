import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";

const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
});

/** Listens on loopback until the test ends. */
export async function listening(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  type = "application/json",
): void {
  response.writeHead(status, { "content-type": type }).end(JSON.stringify(body));
}

/** An AuthZEN answer of Postern's. */
export function answer(outcome: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  const waived =
    outcome === "honour" ? { waived: [{ control: "step-up", opt_out: "oo_1", ends: null }] } : {};
  return {
    decision: outcome === "permit" || outcome === "honour",
    context: { outcome, evaluation_id: "dec_1", ...waived, ...more },
  };
}
