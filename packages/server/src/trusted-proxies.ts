import { BlockList, isIP } from "node:net";
import { accept, type Result, refuse } from "@postern/core";

interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

/** Reads an address or a network (`10.0.0.0/8`, `fd00::/8`). Names are refused: they can change hands. */
export function parseProxy(text: string): Result<Network, string> {
  const [address = "", bits, rest] = text.split("/");
  const version = isIP(address);
  const most = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  if (version === 0 || rest !== undefined || prefix < 0 || prefix > most) {
    return refuse(`expected an address or network such as \`10.0.0.0/8\`, got \`${text}\``);
  }
  return accept({ address, prefix, family: version === 4 ? "ipv4" : "ipv6" });
}

/**
 * Whether a socket's peer is one of the listed proxies. Only a listed peer's forwarding headers count: anyone
 * else could write them.
 */
export function trustedProxies(list: readonly string[]): (peer: string | undefined) => boolean {
  const networks = new BlockList();
  for (const text of list) {
    const read = parseProxy(text);
    if (!read.ok) throw new TypeError(read.refusal);
    networks.addSubnet(read.value.address, read.value.prefix, read.value.family);
  }
  const known = new Map<string, boolean>();
  return (peer) => {
    if (peer === undefined) return false;
    const remembered = known.get(peer);
    if (remembered !== undefined) return remembered;
    const plain = peer.startsWith("::ffff:") && isIP(peer.slice(7)) === 4 ? peer.slice(7) : peer;
    const version = isIP(plain);
    const trusted = version !== 0 && networks.check(plain, version === 4 ? "ipv4" : "ipv6");
    if (known.size >= 1_000) known.clear();
    known.set(peer, trusted);
    return trusted;
  };
}
