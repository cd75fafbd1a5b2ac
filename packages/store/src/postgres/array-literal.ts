/**
 * Arrays travel as one text each and are cast by the server: the driver takes no arrays of bytes, and asks for
 * array types with a query of its own.
 */
export function textArray(values: readonly (string | null)[]): string {
  return `{${values.map((value) => (value === null ? "NULL" : `"${value.replace(/["\\]/g, "\\$&")}"`)).join(",")}}`;
}

export function numberArray(values: readonly number[]): string {
  return `{${values.join(",")}}`;
}

/** Read on the other side by `decode(…, 'hex')`. */
export function hexArray(values: readonly Uint8Array[]): string {
  return `{${values.map((value) => `"${hex(value)}"`).join(",")}}`;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
