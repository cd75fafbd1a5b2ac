import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { World } from "@postern/service";
import { answer, type Forwarding } from "./forward.ts";
import { clientHeaders } from "./request-headers.ts";
import { type Upstream, type UpstreamFailure, watch } from "./upstream.ts";

interface Tunnelling extends Forwarding {
  readonly socket: Duplex;
  /** What the client sent after its request: already the other protocol's. */
  readonly head: Buffer;
  /** Takes the socket away from the response object, before other bytes go over it. */
  readonly detach: () => void;
}

/** The only protocol that connections are handed over to. Over others (h2c) requests could pass undecided. */
function isWebSocket(request: IncomingMessage): boolean {
  return request.method === "GET" && request.headers.upgrade?.toLowerCase() === "websocket";
}

/** Lets a socket that left the HTTP server answer once more as HTTP; it closes after that. */
function attach(response: ServerResponse, socket: Duplex): () => void {
  socket.on("error", () => socket.destroy());
  if (socket instanceof Socket) response.assignSocket(socket);
  const end = (): void => {
    socket.end();
  };
  response.once("finish", end);
  return () => {
    response.removeListener("finish", end);
    if (socket instanceof Socket) response.detachSocket(socket);
  };
}

/** Hands the connection over when, and only when, the application itself switches protocols. */
function open(
  asked: Tunnelling,
  upstream: Upstream,
  world: Pick<World, "after">,
  failed: (failure: UpstreamFailure) => void,
): void {
  const { socket, head, decision, cookies } = asked;
  const headers = [...asked.headers, "Connection", "Upgrade", "Upgrade", "websocket"];
  const outgoing = upstream.open({ method: "GET", path: asked.path, headers });
  watch(outgoing, upstream, world, failed);
  socket.once("close", () => outgoing.destroy());
  outgoing.once("response", (incoming) => answer(asked, incoming));
  outgoing.once("upgrade", (incoming, behind, behindHead) => {
    if (incoming.headers.upgrade?.toLowerCase() !== "websocket" || socket.destroyed) {
      behind.destroy();
      socket.destroy();
      return;
    }
    asked.detach();
    const lines = ["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: websocket"];
    const answered = clientHeaders(incoming.rawHeaders, decision);
    for (let at = 0; at + 1 < answered.length; at += 2) lines.push(`${answered[at]}: ${answered[at + 1]}`);
    for (const cookie of cookies) lines.push(`Set-Cookie: ${cookie}`);
    socket.write(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
    if (behindHead.length > 0) socket.write(behindHead);
    if (head.length > 0) behind.write(head);
    const end = (): void => {
      socket.destroy();
      behind.destroy();
    };
    socket.once("close", end);
    socket.once("error", end);
    behind.once("close", () => socket.end());
    behind.once("error", end);
    socket.pipe(behind);
    behind.pipe(socket);
  });
  outgoing.end();
}

export const tunnel: {
  readonly isWebSocket: typeof isWebSocket;
  readonly attach: typeof attach;
  readonly open: typeof open;
} = { isWebSocket, attach, open };
