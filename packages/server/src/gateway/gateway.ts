import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { canonicalPath } from "@postern/core";
import { trustedProxies } from "../trusted-proxies.ts";
import type { Wiring } from "../wiring.ts";
import { type Admitted, admit, refuseUnreadable } from "./admit.ts";
import { type Answering, refuseRequest } from "./answer.ts";
import { type Client, clientOf } from "./client.ts";
import { forward } from "./forward.ts";
import { framingOf, targetOf } from "./framing.ts";
import type { OwnRoutes } from "./own-parts.ts";
import { answerOwn, RESERVED } from "./own-routes.ts";
import { upstreamHeaders } from "./request-headers.ts";
import { createStillOpen } from "./still-open.ts";
import { tunnel } from "./tunnel.ts";
import { refuseUnparsed } from "./unparsed.ts";
import type { Upstream, UpstreamFailure } from "./upstream.ts";

/** Methods that would show the application's view of a request, our headers in it, to whoever asks. */
const NEVER_FORWARDED: ReadonlySet<string> = new Set(["TRACE", "TRACK", "CONNECT"]);

export interface Gateway {
  readonly server: Server;
  /** Ends what is still open. */
  close(): void;
}

/** A reverse proxy that asks before it forwards. Not listening yet. */
export function createGateway(
  wiring: Wiring,
  codes: Pick<OwnRoutes, "links" | "entries">,
  upstream: Upstream,
): Gateway {
  const { service, config, world, log, places } = wiring;
  const trusted = trustedProxies(config.trustedProxies);
  const protocol = config.gatewayUrl?.startsWith("https:") === true ? "https" : "http";
  const stillOpen = createStillOpen(service, world);
  const nonce = (): string => Buffer.from(world.random(16)).toString("base64url");

  const originsOf = (client: Client): readonly string[] => {
    const known = places.gateway();
    const asked = `${client.protocol}://${client.host}`;
    return known === null ? [asked] : [known, asked];
  };

  /** Everything up to the decision, the same for a plain request and for an upgrade. */
  const prepare = async (to: Answering, go: (admitted: Admitted, client: Client) => void): Promise<void> => {
    const { request } = to;
    const framing = framingOf(request);
    const target = targetOf(request);
    if (typeof framing === "string") return refuseUnreadable(to, framing);
    if (target === null) return refuseUnreadable(to, "expected an address that begins with a slash");
    if (NEVER_FORWARDED.has(request.method ?? "")) {
      return refuseRequest(to, {
        problem: { code: "route.method", detail: `expected another method, got \`${request.method}\`` },
        told: (m) => m.trouble.method,
        headers: { allow: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" },
      });
    }
    const client = clientOf(request, trusted, protocol);
    const origins = originsOf(client);
    const canonical = canonicalPath(target.path);
    if (
      canonical.ok &&
      (canonical.value.path === RESERVED || canonical.value.path.startsWith(`${RESERVED}/`))
    ) {
      return await answerOwn(to, canonical.value.path, target.query, { wiring, ...codes, origins });
    }
    const admitted = await admit(to, { ...target, client, origins, audience: upstream.origin }, wiring);
    if (admitted !== null && !to.response.destroyed) go(admitted, client);
  };

  const guarded = (to: Answering, go: (admitted: Admitted, client: Client) => void): void => {
    prepare(to, go).catch((error: unknown) => {
      log.error({ error: error instanceof Error ? error.name : "unknown" }, "gateway could not answer");
      refuseRequest(to, {
        problem: { code: "internal", detail: "the request could not be decided; nothing was forwarded" },
        status: 503,
        told: (m) => m.trouble.notNow,
      });
    });
  };

  const failed = (to: Answering, decision: string) => (failure: UpstreamFailure) => {
    log.warn({ failure }, "the application behind the gateway did not answer");
    const slow = failure === "slow";
    refuseRequest(to, {
      problem: {
        code: slow ? "gateway.slow" : "gateway.unavailable",
        detail: slow ? "the application did not answer in time" : "the application cannot be reached",
      },
      decision,
      told: (m) => (slow ? m.gateway.slow : m.gateway.unavailable),
      headers: { "retry-after": "5" },
    });
  };

  const serve = (request: IncomingMessage, response: ServerResponse, awaited: boolean): void => {
    const to = { request, response, nonce };
    const traced = wiring.traces?.exchange(
      request,
      response,
      response,
      trusted(request.socket.remoteAddress),
    );
    const { traceparent } = traced ?? {};
    const go = (): void =>
      guarded(to, ({ question, answer, path, assertion, cookies }, client) => {
        const framing = framingOf(request);
        if (typeof framing === "string") return refuseUnreadable(to, framing);
        const done = stillOpen.add(question, answer, () => response.destroy());
        response.once("close", done);
        if (awaited) response.writeContinue();
        const headers = upstreamHeaders(request.rawHeaders, {
          assertion,
          decision: answer.id,
          client,
          traceparent,
        });
        const asked = { request, response, framing, path, headers, decision: answer.id, cookies };
        forward(asked, upstream, world, failed(to, answer.id));
      });
    if (traced === undefined) go();
    else traced.run(go);
  };

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    const to = { request, response, nonce };
    const detach = tunnel.attach(response, socket);
    const traced = wiring.traces?.exchange(request, socket, response, trusted(request.socket.remoteAddress));
    const { traceparent } = traced ?? {};
    const go = (): void =>
      guarded(to, ({ question, answer, path, assertion, cookies }, client) => {
        const done = stillOpen.add(question, answer, () => socket.destroy());
        socket.once("close", done);
        const headers = upstreamHeaders(request.rawHeaders, {
          assertion,
          decision: answer.id,
          client,
          traceparent,
        });
        const asked = {
          request,
          response,
          framing: { kind: "none" } as const,
          path,
          headers,
          decision: answer.id,
          cookies,
        };
        tunnel.open({ ...asked, socket, head, detach }, upstream, world, failed(to, answer.id));
      });
    if (traced === undefined) go();
    else traced.run(go);
  };

  const server = createServer({
    insecureHTTPParser: false,
    requireHostHeader: true,
    maxHeaderSize: 16_384,
    headersTimeout: 20_000,
    requestTimeout: 0,
    keepAliveTimeout: 65_000,
    shouldUpgradeCallback: tunnel.isWebSocket,
  });
  server.on("request", (request, response) => serve(request, response, false));
  server.on("checkContinue", (request, response) => serve(request, response, true));
  server.on("upgrade", upgrade);
  server.on("clientError", refuseUnparsed);
  return {
    server,
    close: () => {
      stillOpen.close();
      upstream.close();
    },
  };
}
