import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import type { World } from "@postern/service";
import type { Framing } from "./framing.ts";
import { clientHeaders } from "./request-headers.ts";
import { endWhenSilent, type Upstream, type UpstreamFailure, watch } from "./upstream.ts";

export interface Forwarding {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly framing: Framing;
  /** Canonical, with the query as it came. */
  readonly path: string;
  /** As the application receives them, but for the framing. */
  readonly headers: readonly string[];
  readonly decision: string;
  /** Ours, added to what the application answers. */
  readonly cookies: readonly string[];
}

const REPEATABLE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Sends a request on and streams the answer back. `failed` is called where no answer began. */
export function forward(
  asked: Forwarding,
  upstream: Upstream,
  world: Pick<World, "after">,
  failed: (failure: UpstreamFailure) => void,
): void {
  const { request, response, framing } = asked;
  const method = request.method ?? "GET";
  const headers = [...asked.headers, ...framingHeaders(framing)];
  const attempt = (again: boolean): void => {
    const outgoing = upstream.open({ method, path: asked.path, headers });
    watch(outgoing, upstream, world, (failure) => {
      if (response.destroyed || response.writableEnded) return;
      // A kept connection may have been closed just as it was taken up again.
      if (again && failure === "unavailable" && outgoing.reusedSocket) attempt(false);
      else failed(failure);
    });
    outgoing.once("response", (incoming) => {
      endWhenSilent(incoming, upstream);
      answer(asked, incoming);
    });
    response.once("close", () => {
      if (!response.writableFinished) outgoing.destroy();
    });
    if (framing.kind === "none") {
      outgoing.end();
      return;
    }
    request.setTimeout(upstream.patience.silence, () => request.destroy());
    request.pipe(outgoing);
    request.once("close", () => {
      if (!request.complete) outgoing.destroy();
    });
  };
  attempt(framing.kind === "none" && REPEATABLE.has(method));
}

/** Streams an answer of the application to the client; one that breaks off is broken off for the client too. */
export function answer({ response, decision, cookies }: Forwarding, incoming: IncomingMessage): void {
  const headers = clientHeaders(incoming.rawHeaders, decision);
  for (const cookie of cookies) headers.push("Set-Cookie", cookie);
  if (response.headersSent || response.destroyed) {
    incoming.destroy();
    return;
  }
  response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage ?? "", headers);
  pipeline(incoming, response, (error) => {
    if (error) response.destroy();
  });
}

function framingHeaders(framing: Framing): readonly string[] {
  switch (framing.kind) {
    case "none":
      return [];
    case "length":
      return ["Content-Length", framing.length];
    case "chunked":
      return ["Transfer-Encoding", "chunked"];
    default:
      return framing satisfies never;
  }
}
