/** An address as eight groups of 16 bits; IPv4 is mapped into `::ffff:0:0/96`, so that each address has one form. */
type Groups = readonly number[];

const V4 = [0, 0, 0, 0, 0, 0xffff] as const;

/** Null: no IPv4 or IPv6 address. A zone is dropped. */
function parseAddress(text: string): Groups | null {
  if (text.length > 64) return null;
  const bare = text.replace(/%.*$/, "");
  if (!bare.includes(":")) {
    const last = parseFour(bare);
    return last === null ? null : [...V4, ...last];
  }
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(bare);
  const tail = dotted === null ? [] : parseFour(dotted[2] ?? "");
  if (tail === null) return null;
  const halves = (dotted === null ? bare : (dotted[1] ?? "").replace(/([^:]):$/, "$1")).split("::");
  if (halves.length > 2) return null;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":").map(parseGroup)));
  const [before = [], after = []] = groups;
  const known = before.length + after.length + tail.length;
  if (halves.length === 2 ? known > 7 : known !== 8) return null;
  const all = [...before, ...Array.from({ length: 8 - known }, () => 0), ...after, ...tail];
  return all.some((group) => group < 0) ? null : all;
}

function parseGroup(text: string): number {
  return /^[0-9a-f]{1,4}$/i.test(text) ? Number.parseInt(text, 16) : -1;
}

function parseFour(text: string): readonly number[] | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255))
    return null;
  const [a = 0, b = 0, c = 0, d = 0] = parts.map(Number);
  return [a * 256 + b, c * 256 + d];
}

/**
 * The IPv4 address within one that a gateway makes of it (NAT64, RFC 6052; 6to4, RFC 3056), mapped as all are; null: it is
 * none of these.
 */
function embeddedFour(groups: Groups): Groups | null {
  const [a, b, c] = groups;
  if (a === 0x2002) return [...V4, b ?? 0, c ?? 0];
  const nat64 = a === 0x64 && b === 0xff9b && groups.slice(2, 6).every((group) => group === 0);
  return nat64 ? [...V4, ...groups.slice(6)] : null;
}

function keyOf(groups: Groups, bits: number): string {
  return groups
    .map((group, at) => {
      const kept = Math.min(16, Math.max(0, bits - 16 * at));
      return (group & (0xffff << (16 - kept))).toString(16);
    })
    .join(":");
}

/** The /24 of an IPv4 address, the /48 of an IPv6 one, in one form; null: no address. */
export function networkOf(address: string): string | null {
  const groups = parseAddress(address);
  if (groups === null) return null;
  return keyOf(groups, V4.every((group, at) => groups[at] === group) ? 120 : 48);
}

/** The one form of an address; null: no address. */
export function canonicalAddress(address: string): string | null {
  const groups = parseAddress(address);
  return groups === null ? null : keyOf(groups, 128);
}

/** Networks in CIDR notation. */
export interface NetworkList {
  /** As they were written. */
  readonly texts: readonly string[];
  /**
   * Whether an address, or a network as a whole, lies within the list. Null: it is neither, or only a part of it does,
   * so that nobody can say.
   */
  has(address: string): boolean | null;
}

/** `10.0.0.0/8`, `2001:db8::/32`, or one address. Null: not a network, or with bits set beyond its length. */
function parseNetwork(text: string): { readonly key: string; readonly bits: number } | null {
  const [address = "", length, ...more] = text.split("/");
  const groups = parseAddress(address);
  if (groups === null || more.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return null;
  const short = !address.includes(":");
  const bits = length === undefined ? 128 : Number(length) + (short ? 96 : 0);
  if (bits > 128) return null;
  const key = keyOf(groups, bits);
  return key === keyOf(groups, 128) ? { key, bits } : null;
}

function within(key: string, groups: Groups, bits: number): boolean {
  return (
    keyOf(
      key.split(":").map((group) => Number.parseInt(group, 16)),
      bits,
    ) === keyOf(groups, bits)
  );
}

export function isNetwork(text: string): boolean {
  return parseNetwork(text) !== null;
}

/** Texts that are no networks are left out: whoever writes the list is told of them before. */
export function networkList(texts: readonly string[]): NetworkList {
  const byBits = new Map<number, Set<string>>();
  for (const text of texts) {
    const network = parseNetwork(text);
    if (network === null) continue;
    const keys = byBits.get(network.bits) ?? new Set<string>();
    byBits.set(network.bits, keys.add(network.key));
  }
  return {
    texts,
    has(address) {
      if (byBits.size === 0) return false;
      const slash = address.indexOf("/");
      const groups = parseAddress(slash < 0 ? address : address.slice(0, slash));
      const asked = slash < 0 ? { bits: 128 } : parseNetwork(address);
      if (groups === null || asked === null) return null;
      const within4 = slash < 0 ? embeddedFour(groups) : null;
      let partly = false;
      for (const [bits, keys] of byBits) {
        if (bits <= asked.bits && keys.has(keyOf(groups, bits))) return true;
        if (within4 !== null && keys.has(keyOf(within4, bits))) return true;
        partly ||= bits > asked.bits && [...keys].some((key) => within(key, groups, asked.bits));
      }
      return partly ? null : false;
    },
  };
}
