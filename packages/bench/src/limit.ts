import { hash } from "node:crypto";

/** The platform's SHA-256, as the server hands it to the tree. */
export const sha256 = (data: Uint8Array): Uint8Array => hash("sha256", data, "buffer");

const NODES = 5_000;

/** Node hashes of a tree a second: SHA-256 of 65 bytes, and nothing else. */
export function bareNodeHashes(): number {
  const bytes = new Uint8Array(65);
  const began = performance.now();
  for (let at = 0; at < NODES; at++) sha256(bytes);
  return (NODES / (performance.now() - began)) * 1_000;
}

/** Megabytes of SHA-256 a second over one long input. */
export function bareMegabytes(): number {
  const bytes = new Uint8Array(16_000_000);
  const began = performance.now();
  sha256(bytes);
  return bytes.length / (performance.now() - began) / 1_000;
}
