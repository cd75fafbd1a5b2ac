import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { canonicalPath } from "@postern/core";
import { trustedProxies } from "../trusted-proxies.ts";
import type { Wiring } from "../wiring.ts";
import { type Admitted, type Asked, admit, refuseUnreadable } from "./admit.ts";
import { type Answering, redirect, refuseRequest } from "./answer.ts";
import { type Client, clientOf } from "./client.ts";
import { continuedForm, headersOfForm, NO_FORM_COOKIE } from "./continued-form.ts";
import { holdersOf } from "./form-holder.ts";
import { forward } from "./forward.ts";
import { framingOf, targetOf } from "./framing.ts";
import type { OwnRoutes } from "./own-parts.ts";
import { answerOwn, RESERVED } from "./own-routes.ts";
import { createFormParking } from "./park-form.ts";
import { formIsGone } from "./parked-form.ts";
import { cookiesOf, repeatedAt, repeatForm } from "./repeat-form.ts";
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
  const parking = createFormParking(wiring);
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
      return await answerOwn(to, canonical.value.path, target.query, { wiring, ...codes, origins, client });
    }
    const known = places.gateway();
    const own = known === null ? [] : [known];
    const asked = { ...target, client, origins, own, audience: upstream.origin, parking };
    const place = canonical.ok ? canonical.value.path + target.query : null;
    const id = place === null ? null : continuedForm(request, place);
    if (id !== null && place !== null) return await sendForm(to, asked, id, place);
    const admitted = await admit(to, asked, wiring);
    if (admitted !== null && !to.response.destroyed) go(admitted, client);
  };

  /** The decision is asked for anew, of the session as it is now; only then is the form used up. */
  const sendForm = async (to: Answering, asked: Asked, id: string, path: string): Promise<void> => {
    const { request, response } = to;
    const gone = { "set-cookie": NO_FORM_COOKIE };
    const holders = holdersOf(request, service);
    const found = await service.parkedForms.find(id, holders);
    if (found === null || found.form.path !== path) return formIsGone(to, path, wiring, gone);
    const admitted = await admit(to, { ...asked, form: { id, path } }, wiring);
    if (admitted === null || response.destroyed) return;
    const form = await service.parkedForms.take(id, holders);
    if (form === null) return formIsGone(to, path, wiring, gone);
    wiring.metrics.parkedForm("sent");
    const { question, answer, assertion, cookies } = admitted;
    response.once(
      "close",
      stillOpen.add(question, answer, () => response.destroy()),
    );
    const headers = upstreamHeaders(headersOfForm(request, form), {
      assertion,
      decision: answer.id,
      client: asked.client,
      traceparent: to.traceparent,
    });
    const elsewhere = (): void =>
      refuseRequest(to, {
        problem: { code: "gateway.unavailable", detail: "the application asks to repeat the form elsewhere" },
        status: 502,
        decision: answer.id,
        told: (m) => m.parkedForm.elsewhere,
        ways: (m) => [{ href: path, label: m.parkedForm.back }],
        headers: gone,
      });
    const repeatElsewhere = (incoming: IncomingMessage): void => {
      const next = repeatedAt(incoming.headers.location, path, asked.origins);
      const kept = next === null ? null : repeatForm(service.parkedForms, form, found.holder, next);
      Promise.resolve(kept)
        .then((cookie) => {
          if (next === null || cookie === null) elsewhere();
          else redirect(to, next, { "set-cookie": [...cookies, ...cookiesOf(incoming), cookie] });
        })
        .catch(elsewhere);
    };
    const forwarding = {
      request,
      response,
      framing: { kind: "length", length: String(form.body.length) } as const,
      path: admitted.path,
      headers,
      decision: answer.id,
      cookies: [...cookies, NO_FORM_COOKIE],
      form: { body: form.body, repeatElsewhere },
    };
    forward(forwarding, upstream, world, failed(to, answer.id));
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
    const traced = wiring.traces?.exchange(
      request,
      response,
      response,
      trusted(request.socket.remoteAddress),
    );
    const { traceparent } = traced ?? {};
    const to = { request, response, nonce, traceparent };
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
