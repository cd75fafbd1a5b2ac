import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { accept, placeOf, type Result, refuse } from "@postern/core";
import type { AddressData } from "@postern/service";
import { Reader } from "mmdb-lib";

/** One file of what networks are: where, and whose. Reads memory alone. */
export type NetworkDatabase = (address: string) => AddressData;

export const NOTHING_SAID: AddressData = { asn: null, country: null, place: null };

const SEPARATOR = 16;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a file of MaxMind's DB format 2.0: members `autonomous_system_number`, `country.iso_code` and `location`
 * (`latitude`, `longitude`, `accuracy_radius` in kilometres), whichever it has. The refusal says what is wrong.
 */
export function readNetworkDatabase(file: string): Result<NetworkDatabase, string> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    return refuse(`expected a file that can be read, got \`${file}\``);
  }
  const reader = openReader(bytes);
  if (reader === null) return refuse(`expected a whole MMDB file, got \`${file}\``);
  const { ipVersion } = reader.metadata;
  return accept((address) => {
    const version = isIP(address);
    // An address longer than the tree is deep would be read by its beginning, and be another one.
    if (version === 0 || version > ipVersion) return NOTHING_SAID;
    try {
      return said(reader.get(address));
    } catch {
      return NOTHING_SAID;
    }
  });
}

function openReader(bytes: Buffer): Reader<object> | null {
  try {
    const reader = new Reader<object>(bytes);
    return isWhole(reader.metadata, bytes) ? reader : null;
  } catch {
    return null;
  }
}

/** That the parts lie where the metadata says, and that no node leads out of them. */
function isWhole({ nodeCount, recordSize, searchTreeSize, ipVersion }: Metadata, bytes: Buffer): boolean {
  const counts = [nodeCount, recordSize, searchTreeSize];
  if (!counts.every((count) => Number.isSafeInteger(count) && count > 0)) return false;
  if ((ipVersion !== 4 && ipVersion !== 6) || ![24, 28, 32].includes(recordSize)) return false;
  const data = searchTreeSize + SEPARATOR;
  if (searchTreeSize !== (nodeCount * recordSize) / 4 || data >= bytes.length) return false;
  if (bytes.subarray(searchTreeSize, data).some((byte) => byte !== 0)) return false;
  const end = nodeCount + SEPARATOR + (bytes.length - data);
  const size = recordSize / 4;
  for (let at = 0; at < searchTreeSize; at += size) {
    const [left, right] = recordsOf(bytes, at, recordSize);
    if (!leads(left, nodeCount, end) || !leads(right, nodeCount, end)) return false;
  }
  return true;
}

type Metadata = Reader<object>["metadata"];

/** To a node, to nowhere, or to the data behind the separator. */
function leads(record: number, nodes: number, end: number): boolean {
  return record <= nodes || (record >= nodes + SEPARATOR && record < end);
}

function recordsOf(bytes: Buffer, at: number, size: number): readonly [number, number] {
  switch (size) {
    case 24:
      return [bytes.readUIntBE(at, 3), bytes.readUIntBE(at + 3, 3)];
    case 28: {
      const middle = bytes.readUInt8(at + 3);
      const left = (middle >>> 4) * 0x100_0000 + bytes.readUIntBE(at, 3);
      return [left, (middle & 0x0f) * 0x100_0000 + bytes.readUIntBE(at + 4, 3)];
    }
    default:
      return [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)];
  }
}

function said(record: unknown): AddressData {
  const own = fieldsOf(record);
  const asn = own.autonomous_system_number ?? fieldsOf(own.traits).autonomous_system_number;
  const country = fieldsOf(own.country).iso_code;
  const { latitude, longitude, accuracy_radius: radius } = fieldsOf(own.location);
  return {
    asn: typeof asn === "number" && Number.isSafeInteger(asn) && asn > 0 ? `AS${asn}` : null,
    country: typeof country === "string" && /^[A-Z]{2}$/.test(country) ? country : null,
    place: placeOf(latitude, longitude, radius),
  };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}
