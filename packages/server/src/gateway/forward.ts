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
  /** A form that waited, sent by this visit in place of what the visit itself would ask for. */
  readonly form?: {
    readonly body: Uint8Array;
    /** The application wants it at another address. */
    readonly repeatElsewhere: (incoming: IncomingMessage) => void;
  };
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
  const method = asked.form === undefined ? (request.method ?? "GET") : "POST";
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
      // The browser made a visit: told to repeat it elsewhere, it would leave the form behind.
      if (asked.form !== undefined && (incoming.statusCode === 307 || incoming.statusCode === 308)) {
        incoming.destroy();
        asked.form.repeatElsewhere(incoming);
        return;
      }
      answer(asked, incoming);
    });
    response.once("close", () => {
      if (!response.writableFinished) outgoing.destroy();
    });
    if (asked.form !== undefined) {
      outgoing.end(asked.form.body);
      return;
    }
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
  attempt(asked.form === undefined && framing.kind === "none" && REPEATABLE.has(method));
}

/** Streams an answer of the application to the client; one that breaks off is broken off for the client too. */
export function answer({ response, decision, cookies, form }: Forwarding, incoming: IncomingMessage): void {
  const headers = clientHeaders(
    form === undefined ? incoming.rawHeaders : notKept(incoming.rawHeaders),
    decision,
  );
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

/** An answer to a form is no answer to the next visit to the same address. */
function notKept(raw: readonly string[]): readonly string[] {
  const headers = ["Cache-Control", "no-store"];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? "").toLowerCase();
    if (["cache-control", "expires", "etag", "last-modified", "age", "pragma"].includes(name)) continue;
    headers.push(raw[at] ?? "", raw[at + 1] ?? "");
  }
  return headers;
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
