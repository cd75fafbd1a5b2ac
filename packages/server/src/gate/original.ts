import type { IncomingMessage } from "node:http";
import { accept, type Result, refuse } from "@postern/core";
import { type Problem, problem } from "@postern/service";
import { clientOf } from "../gateway/client.ts";

/** The request that a proxy asks about. */
export interface OriginalRequest {
  /** Upper case, as it came. */
  readonly method: string;
  /** Path and query, raw. */
  readonly target: string;
  /** The client's network, as far as listed proxies say. */
  readonly network: string;
}

export type ProxyKind = "nginx" | "caddy";

const HEADERS: Readonly<Record<ProxyKind, { readonly method: string; readonly target: string }>> = {
  nginx: { method: "x-original-method", target: "x-original-uri" },
  caddy: { method: "x-forwarded-method", target: "x-forwarded-uri" },
};

const METHOD = /^[A-Z]{1,20}$/;

/** Reads what a trusted proxy states about the original request. Anyone else's headers are not looked at. */
export function originalRequest(
  request: IncomingMessage,
  proxy: ProxyKind,
  trusted: (peer: string | undefined) => boolean,
): Result<OriginalRequest, Problem> {
  if (!trusted(request.socket.remoteAddress)) {
    return refuse(problem("gate.untrusted_peer", "the address that asks is not one of the trusted proxies"));
  }
  const names = HEADERS[proxy];
  const method = request.headers[names.method];
  const target = request.headers[names.target];
  if (typeof method !== "string" || !METHOD.test(method)) {
    return refuse(problem("gate.original_request", `expected a method in \`${names.method}\``));
  }
  if (typeof target !== "string" || target === "") {
    return refuse(problem("gate.original_request", `expected a request target in \`${names.target}\``));
  }
  return accept({ method, target, network: networkOf(request, trusted) });
}

const MOST_KNOWN = 5_000;

/** Networks by peer and chain: the same clients ask again and again. Per list of trusted proxies. */
const known = new WeakMap<object, Map<string, string>>();

function networkOf(request: IncomingMessage, trusted: (peer: string | undefined) => boolean): string {
  let networks = known.get(trusted);
  if (networks === undefined) {
    networks = new Map();
    known.set(trusted, networks);
  }
  const peer = request.socket.remoteAddress ?? "";
  const chain = request.headers["x-forwarded-for"];
  const key = chain === undefined ? peer : `${peer} ${chain}`;
  const found = networks.get(key);
  if (found !== undefined) return found;
  const { network } = clientOf(request, trusted, "http");
  if (networks.size >= MOST_KNOWN) networks.clear();
  networks.set(key, network);
  return network;
}
