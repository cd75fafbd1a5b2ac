import { BlockList, isIP } from "node:net";

/** What a record holds: whole numbers from 0 are stored as uint32, all others as double. */
export type MmdbValue = string | number | readonly MmdbValue[] | { readonly [name: string]: MmdbValue };

export interface MmdbContent {
  readonly ipVersion: 4 | 6;
  readonly type: string;
  /** By network in CIDR notation; of two that overlap the narrower counts, wherever it stands. */
  readonly networks: Readonly<Record<string, MmdbValue>>;
}

type Branch = { readonly leaf: number } | Node | null;
interface Node {
  readonly ends: [Branch, Branch];
}

const TYPE = { text: 2, double: 3, uint16: 5, uint32: 6, map: 7, uint64: 9, list: 11 } as const;
const SEPARATOR = Buffer.alloc(16);
const MARK = Buffer.from("abcdef4d61784d696e642e636f6d", "hex");

/** A file of MaxMind's DB format 2.0, of 24-bit records. Small ones, for tests: nothing in it is shared. */
export function writeMmdb({ ipVersion, type, networks }: MmdbContent): Buffer {
  const root: Node = { ends: [null, null] };
  const data: Buffer[] = [];
  let length = 0;
  const wideFirst = Object.entries(networks)
    .map(([network, value]) => ({ bits: bitsOf(network, ipVersion), value }))
    .sort((a, b) => a.bits.length - b.bits.length);
  for (const { bits, value } of wideFirst) {
    const bytes = encode(value);
    insert(root, bits, { leaf: length });
    data.push(bytes);
    length += bytes.length;
  }
  const nodes = listed(root);
  const places = new Map(nodes.map((node, at) => [node, at]));
  const tree = Buffer.alloc(nodes.length * 6);
  for (const [at, { ends }] of nodes.entries())
    for (const [side, end] of ends.entries())
      tree.writeUIntBE(recordOf(end, places, nodes.length), at * 6 + side * 3, 3);
  const metadata = map([
    ["binary_format_major_version", uint(2, TYPE.uint16)],
    ["binary_format_minor_version", uint(0, TYPE.uint16)],
    ["build_epoch", uint(1_700_000_000, TYPE.uint64)],
    ["database_type", encode(type)],
    ["description", encode({ en: "made for a test" })],
    ["ip_version", uint(ipVersion, TYPE.uint16)],
    ["languages", encode(["en"])],
    ["node_count", uint(nodes.length, TYPE.uint32)],
    ["record_size", uint(24, TYPE.uint16)],
  ]);
  return Buffer.concat([tree, SEPARATOR, ...data, MARK, metadata]);
}

/** A narrower network within a wide one splits the wide one's leaf. */
function insert(root: Node, bits: readonly (0 | 1)[], leaf: { readonly leaf: number }): void {
  let node = root;
  for (const bit of bits.slice(0, -1)) {
    const next = node.ends[bit];
    const inner: Node = next !== null && "ends" in next ? next : { ends: [next, next] };
    node.ends[bit] = inner;
    node = inner;
  }
  const last = bits.at(-1);
  if (last === undefined) node.ends.fill(leaf);
  else node.ends[last] = leaf;
}

function listed(root: Node): readonly Node[] {
  const nodes = [root];
  for (const node of nodes) for (const end of node.ends) if (end !== null && "ends" in end) nodes.push(end);
  return nodes;
}

function recordOf(end: Branch, places: ReadonlyMap<Node, number>, nodes: number): number {
  if (end === null) return nodes;
  return "leaf" in end ? nodes + SEPARATOR.length + end.leaf : (places.get(end) ?? nodes);
}

/** IPv4 lies in an IPv6 tree behind 96 zeros. */
function bitsOf(network: string, ipVersion: 4 | 6): readonly (0 | 1)[] {
  const [address = "", length = ""] = network.split("/");
  const version = isIP(address);
  new BlockList().addSubnet(address, Number(length), version === 4 ? "ipv4" : "ipv6");
  if (version > ipVersion) throw new TypeError(`expected an IPv4 network, got \`${network}\``);
  const own = version === 4 ? address.split(".").map((part) => digits(Number(part), 8)) : groupsOf(address);
  const lead = version < ipVersion ? "0".repeat(96) : "";
  const kept = lead + own.join("").slice(0, Number(length));
  return Array.from(kept, (digit) => (digit === "1" ? 1 : 0));
}

function groupsOf(address: string): readonly string[] {
  const [head = "", tail = ""] = address.split("::");
  const read = (part: string): readonly string[] => (part === "" ? [] : part.split(":"));
  const [before, after] = [read(head), read(tail)];
  const between = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...between, ...after].map((group) => digits(Number.parseInt(group, 16), 16));
}

function digits(value: number, length: number): string {
  return value.toString(2).padStart(length, "0");
}

function encode(value: MmdbValue): Buffer {
  if (typeof value === "string") {
    const bytes = Buffer.from(value, "utf8");
    return Buffer.concat([control(TYPE.text, bytes.length), bytes]);
  }
  if (typeof value === "number") {
    if (Number.isInteger(value) && value >= 0 && value < 2 ** 32) return uint(value, TYPE.uint32);
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return Buffer.concat([control(TYPE.double, 8), bytes]);
  }
  if (isList(value)) return Buffer.concat([control(TYPE.list, value.length), ...value.map(encode)]);
  return map(Object.entries(value).map(([name, one]) => [name, encode(one)]));
}

function isList(value: object): value is readonly MmdbValue[] {
  return Array.isArray(value);
}

function map(members: readonly (readonly [string, Buffer])[]): Buffer {
  return Buffer.concat([
    control(TYPE.map, members.length),
    ...members.flatMap(([name, bytes]) => [encode(name), bytes]),
  ]);
}

function uint(value: number, type: number): Buffer {
  const hex = value === 0 ? "" : value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  return Buffer.concat([control(type, bytes.length), bytes]);
}

/** Types above 7 say which in a second byte; sizes from 29 on follow in one more. */
function control(type: number, size: number): Buffer {
  if (size > 29 + 255) throw new RangeError(`expected at most 284, got ${size}`);
  const short = Math.min(size, 29);
  const first = type > 7 ? [short, type - 7] : [(type << 5) | short];
  return Buffer.from(size < 29 ? first : [...first, size - 29]);
}
