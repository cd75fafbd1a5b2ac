import { BlockList, isIP } from "node:net";

const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
] as const)
  PRIVATE.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of [
  // An IPv4 address within another form of it leads wherever a gateway takes it.
  ["::", 96],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["2002::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
] as const)
  PRIVATE.addSubnet(network, prefix, "ipv6");

const HERE = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Whether an address that another party names may be asked. It is https and no address of a private network; or it
 * lies on the very host that an operator named (`trusted`), by the scheme that stands there.
 */
export function mayBeAsked(address: string, trusted: string | null): boolean {
  if (address.length > 2_048 || !URL.canParse(address)) return false;
  const { protocol, hostname: named, username, password, host } = new URL(address);
  // A name is the same with the dot of the root behind it.
  const hostname = named.replace(/\.+$/, "");
  if (username !== "" || password !== "") return false;
  const known = trusted === null || !URL.canParse(trusted) ? null : new URL(trusted);
  if (known !== null && known.host === host && known.protocol === protocol)
    return protocol === "https:" || HERE.test(hostname);
  // Whoever is trusted on this machine may name another port of it, as in development.
  if (known !== null && known.protocol === "http:" && HERE.test(known.hostname) && HERE.test(hostname))
    return protocol === "http:" || protocol === "https:";
  if (protocol !== "https:" || HERE.test(hostname) || hostname.endsWith(".localhost")) return false;
  const bare = hostname.replace(/^\[|\]$/g, "");
  const family = isIP(bare);
  return family === 0 || !PRIVATE.check(bare, family === 6 ? "ipv6" : "ipv4");
}
