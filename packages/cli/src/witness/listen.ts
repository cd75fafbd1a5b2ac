import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { longestAddCheckpoint } from "@postern/ledger";
import type { Answer, Keeper } from "./keeper.ts";
import type { WitnessState } from "./witness-state.ts";

/** A witness that can be asked. */
export interface Listening {
  readonly url: string;
  close(): Promise<void>;
}

const SLOWEST_MS = 10_000;
/** A character of a request may take three bytes. */
const LONGEST_BYTES = longestAddCheckpoint * 3;

/** Serves `POST /add-checkpoint` (C2SP tlog-witness) and, of each log, `GET /checkpoint/<SHA-256 of its origin>`. */
export function listen(
  at: { readonly host: string; readonly port: number },
  keeper: Keeper,
  state: WitnessState,
  unknown: () => Promise<void>,
): Promise<Listening> {
  const server = createServer((request, response) => {
    answerOf(request, keeper, state, unknown).then(
      (answer) => send(response, request, answer),
      () => send(response, request, { status: 503, type: PLAIN, text: "this cannot be answered now\n" }),
    );
  });
  server.headersTimeout = SLOWEST_MS;
  server.requestTimeout = SLOWEST_MS;
  server.maxConnections = 256;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(at.port, at.host, () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        url: `http://${at.host.includes(":") ? `[${at.host}]` : at.host}:${port}`,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}

const PLAIN = "text/plain; charset=utf-8";

type Reply =
  | Answer
  | { readonly status: 200 | 404 | 405; readonly type: typeof PLAIN; readonly text: string };

async function answerOf(
  request: IncomingMessage,
  keeper: Keeper,
  state: WitnessState,
  unknown: () => Promise<void>,
): Promise<Reply> {
  if (request.url === "/add-checkpoint") {
    if (request.method !== "POST") return { status: 405, type: PLAIN, text: "expected POST\n" };
    const body = await bodyOf(request);
    if (body === null) return { status: 413, type: PLAIN, text: "the request is too long\n" };
    const answer = await keeper.add(body);
    if (answer.status !== 404) return answer;
    // It may be a log that is configured and was away until now.
    await unknown();
    return await keeper.add(body);
  }
  const [, id] = /^\/checkpoint\/([0-9a-f]{64})$/.exec(request.url ?? "") ?? [];
  const log = state.all().find(({ origin }) => id === createHash("sha256").update(origin).digest("hex"));
  if (log?.head === undefined || log.head === null)
    return { status: 404, type: PLAIN, text: "nothing is here\n" };
  if (request.method !== "GET") return { status: 405, type: PLAIN, text: "expected GET\n" };
  return { status: 200, type: PLAIN, text: log.head.note };
}

/** Null: it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > LONGEST_BYTES) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function send(response: ServerResponse, request: IncomingMessage, { status, type, text }: Reply): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    ...(status === 413 ? { connection: "close" } : {}),
  });
  response.end(text);
  if (status === 413) request.destroy();
}
