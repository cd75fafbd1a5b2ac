/**
 * Arrays travel as one text each and are cast by the server: the driver takes no arrays of bytes, and asks for
 * array types with a query of its own.
 */
export function textArray(values: readonly (string | null)[]): string {
  return `{${values.map((value) => (value === null ? "NULL" : quoted(value))).join(",")}}`;
}

/** What JSON would write otherwise than the server reads it: control characters. */
const CONTROL = /[^ -\uffff]/;

/** JSON escapes the same two characters in the same way, several times as fast as a replacement does. */
function quoted(value: string): string {
  return CONTROL.test(value) || !value.isWellFormed()
    ? `"${value.replace(/["\\]/g, "\\$&")}"`
    : JSON.stringify(value);
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
