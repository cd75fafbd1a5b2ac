import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

/** Who asks, as far as the connection and listed proxies say. */
export interface Client {
  readonly address: string;
  /** The address without its last part (/24, /56): what budgets count by, and no more of a person than that. */
  readonly network: string;
  /** For `X-Forwarded-For`: the client and the listed proxies behind it; nothing that anyone else wrote. */
  readonly forwardedFor: string;
  readonly host: string;
  readonly protocol: "http" | "https";
}

const HOST = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

export function isHost(text: string): boolean {
  return HOST.test(text);
}

/**
 * Reads `X-Forwarded-*` only where the socket's peer is a listed proxy, and of the chain only what listed
 * proxies wrote: from the right up to the first address that is not one of them.
 */
export function clientOf(
  request: IncomingMessage,
  trusted: (peer: string | undefined) => boolean,
  publicProtocol: "http" | "https",
): Client {
  const peer = plainAddress(request.socket.remoteAddress ?? "") ?? "0.0.0.0";
  const host = request.headers.host ?? "";
  if (!trusted(peer)) {
    return { address: peer, network: networkOf(peer), forwardedFor: peer, host, protocol: publicProtocol };
  }
  const chain = [peer];
  const told = listOf(request.headers["x-forwarded-for"]);
  for (let at = told.length - 1; at >= 0 && trusted(chain[0]); at--) {
    const address = plainAddress(told[at] ?? "");
    if (address === null) break;
    chain.unshift(address);
  }
  const address = chain[0] ?? peer;
  const toldHost = listOf(request.headers["x-forwarded-host"]).at(-1);
  const toldProtocol = listOf(request.headers["x-forwarded-proto"]).at(-1);
  return {
    address,
    network: networkOf(address),
    forwardedFor: chain.join(", "),
    host: toldHost !== undefined && isHost(toldHost) ? toldHost : host,
    protocol: toldProtocol === "http" || toldProtocol === "https" ? toldProtocol : publicProtocol,
  };
}

function listOf(header: string | readonly string[] | undefined): readonly string[] {
  const text = typeof header === "string" ? header : (header ?? []).join(",");
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** An address without port, brackets, zone or IPv4 mapping; null for anything else. */
export function plainAddress(text: string): string | null {
  const port = /^(?:\[([^\]]+)\]|(\d{1,3}(?:\.\d{1,3}){3}))(?::\d{1,5})?$/.exec(text);
  const bare = (port?.[1] ?? port?.[2] ?? text).replace(/%.*$/, "").toLowerCase();
  if (bare.startsWith("::ffff:") && isIP(bare.slice(7)) === 4) return bare.slice(7);
  return isIP(bare) === 0 ? null : bare;
}

/** `203.0.113.0/24` or `2001:db8:0:100::/56`. */
export function networkOf(address: string): string {
  if (isIP(address) === 4) return `${address.split(".").slice(0, 3).join(".")}.0/24`;
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups =
    tail === undefined
      ? left
      : [...left, ...Array(Math.max(0, 8 - left.length - right.length)).fill("0"), ...right];
  const [a = "0", b = "0", c = "0", d = "0"] = groups;
  const kept = [a, b, c].map((group) => Number.parseInt(group, 16));
  const last = Number.parseInt(d, 16) & 0xff00;
  return `${[...kept, last].map((group) => (Number.isNaN(group) ? 0 : group).toString(16)).join(":")}::/56`;
}
