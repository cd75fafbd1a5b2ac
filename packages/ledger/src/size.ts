import { LedgerError } from "./error.ts";

/**
 * A tree size or leaf index as it comes in. RFC 6962 counts in 64 bits, so whatever reads other people's
 * material (proofs, checkpoints, receipts) reckons in bigint and takes either. The running log (compact
 * range, proof construction, tiles, exports) holds its own sizes as safe integers: 2^53 entries at a million
 * a second take 285 years, and plain numbers keep the append path free of bigint arithmetic.
 */
export type SizeInput = bigint | number;

const uint64Max = 2n ** 64n - 1n;

/** Throws `malformed_size` for a negative, fractional or unsafe number and for more than 64 bits. */
export function toSize(value: SizeInput): bigint {
  if (typeof value === "number") return BigInt(toLogSize(value));
  if (value < 0n || value > uint64Max) {
    throw new LedgerError("malformed_size", `expected 0 to 2^64 - 1, got \`${value}\``);
  }
  return value;
}

/** A size of the running log. Throws `malformed_size` unless it is a safe integer of at least 0. */
export function toLogSize(value: SizeInput): number {
  const size = Number(value);
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new LedgerError("malformed_size", `expected a safe integer of at least 0, got \`${value}\``);
  }
  return size;
}

const decimal = /^(?:0|[1-9][0-9]{0,19})$/;

/** A size in ASCII decimal without leading zeros. Throws `malformed_size`. */
export function parseSize(text: string): bigint {
  if (!decimal.test(text)) {
    throw new LedgerError("malformed_size", `expected a decimal number, got \`${text.slice(0, 40)}\``);
  }
  return toSize(BigInt(text));
}
