import type { IncomingMessage } from "node:http";
import { accept, type Result, refuse } from "@postern/core";
import { type Problem, problem } from "@postern/service";
import { clientOf, isHost } from "../gateway/client.ts";

/** The request that a proxy asks about. */
export interface OriginalRequest {
  /** Upper case, as it came. */
  readonly method: string;
  /** Path and query, raw. */
  readonly target: string;
  /** The client's network, as far as listed proxies say. */
  readonly network: string;
  /** The client's address; null where the proxy says none, and all that is known is the proxy's own. */
  readonly address: string | null;
  /** Scheme and host that the client asked, where the proxy says so in a form that can be used; else null. */
  readonly origin: string | null;
}

export type ProxyKind = "nginx" | "caddy" | "traefik" | "envoy";

const HEADERS: Readonly<
  Record<Exclude<ProxyKind, "envoy">, { readonly method: string; readonly target: string }>
> = {
  nginx: { method: "x-original-method", target: "x-original-uri" },
  caddy: { method: "x-forwarded-method", target: "x-forwarded-uri" },
  traefik: { method: "x-forwarded-method", target: "x-forwarded-uri" },
};

/** What Envoy puts before the original path (`path_prefix`). */
export const ENVOY_PREFIX = "/gate/envoy";

const METHOD = /^[A-Z]{1,20}$/;

/** Reads what a trusted proxy states about the original request. Anyone else's headers are not looked at. */
export function originalRequest(
  request: IncomingMessage,
  proxy: ProxyKind,
  trusted: (peer: string | undefined) => boolean,
  prefix: string = ENVOY_PREFIX,
): Result<OriginalRequest, Problem> {
  if (!trusted(request.socket.remoteAddress)) {
    return refuse(problem("gate.untrusted_peer", "the address that asks is not one of the trusted proxies"));
  }
  if (proxy === "envoy") return appendedRequest(request, trusted, prefix);
  const names = HEADERS[proxy];
  const method = request.headers[names.method];
  const target = request.headers[names.target];
  if (typeof method !== "string" || !METHOD.test(method)) {
    return refuse(problem("gate.original_request", `expected a method in \`${names.method}\``));
  }
  if (typeof target !== "string" || target === "") {
    return refuse(problem("gate.original_request", `expected a request target in \`${names.target}\``));
  }
  // No client sends a fragment. One that did could mean a path to the application that it does not to us.
  if (target.includes("#"))
    return refuse(
      problem("gate.original_request", `expected a path without a fragment in \`${names.target}\``),
    );
  const from = fromOf(request, trusted);
  if (proxy !== "traefik") return accept({ method, target, ...from, origin: null });
  // Said twice, it was said by somebody else too: which of them counts is not for us to guess.
  const twice = STATED.find((name) => (request.headersDistinct[name]?.length ?? 0) > 1);
  if (twice !== undefined)
    return refuse(problem("gate.original_request", `expected \`${twice}\` once, got it several times`));
  if (!target.startsWith("/"))
    return refuse(problem("gate.original_request", `expected a path in \`${names.target}\``));
  return accept({ method, target, ...from, origin: originOf(request) });
}

/** What Traefik states of a request, each once. `X-Forwarded-For` is a list, and read as one. */
const STATED = ["x-forwarded-method", "x-forwarded-uri", "x-forwarded-host", "x-forwarded-proto"] as const;

function originOf({ headers }: IncomingMessage): string | null {
  const protocol = headers["x-forwarded-proto"];
  const host = headers["x-forwarded-host"];
  // Traefik names a WebSocket's scheme `ws` or `wss`: nobody is redirected there.
  if (protocol !== "http" && protocol !== "https") return null;
  return typeof host === "string" && isHost(host) ? `${protocol}://${host}` : null;
}

/**
 * Envoy asks with the original method, and the original path and query behind its prefix, byte for byte. Nothing else
 * says what was asked for, and a body is not waited for.
 */
function appendedRequest(
  request: IncomingMessage,
  trusted: (peer: string | undefined) => boolean,
  prefix: string,
): Result<OriginalRequest, Problem> {
  const { method = "", url = "" } = request;
  const target = url.slice(prefix.length);
  if (!METHOD.test(method)) return refuse(problem("gate.original_request", "expected a method"));
  // No client sends a fragment. One that did could mean a path to the application that it does not to us.
  if (target.includes("#"))
    return refuse(problem("gate.original_request", "expected a path without a fragment"));
  if (!url.startsWith(`${prefix}/`))
    return refuse(problem("gate.original_request", `expected the original path behind \`${prefix}\``));
  return accept({ method, target, ...fromOf(request, trusted), origin: null });
}

const MOST_KNOWN = 5_000;

type From = Pick<OriginalRequest, "network" | "address">;

/** By peer and chain: the same clients ask again and again. Per list of trusted proxies. */
const known = new WeakMap<object, Map<string, From>>();

function fromOf(request: IncomingMessage, trusted: (peer: string | undefined) => boolean): From {
  let froms = known.get(trusted);
  if (froms === undefined) {
    froms = new Map();
    known.set(trusted, froms);
  }
  const peer = request.socket.remoteAddress ?? "";
  const chain = request.headers["x-forwarded-for"];
  const key = chain === undefined ? peer : `${peer} ${chain}`;
  const found = froms.get(key);
  if (found !== undefined) return found;
  const { address, network, forwardedFor } = clientOf(request, trusted, "http");
  // DANGER: the address of the proxy is everybody's. Who comes from it would soon be usual, whoever they are.
  const from: From = { network, address: forwardedFor === address ? null : address };
  if (froms.size >= MOST_KNOWN) froms.clear();
  froms.set(key, from);
  return from;
}
