import type { IncomingMessage } from "node:http";
import { isHost } from "./client.ts";

/** How the body of a request is delimited, said once so that both neighbours read the same. */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: string }
  | { readonly kind: "chunked" };

/**
 * Refuses what two servers could delimit differently (request smuggling, RFC 9112 section 11.2), beyond what
 * the strict parser has refused already. The answer is the framing, or what is wrong.
 */
export function framingOf(request: IncomingMessage): Framing | string {
  const raw = request.rawHeaders;
  let length: string | null = null;
  let encoding: string | null = null;
  let hosts = 0;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? "").toLowerCase();
    const value = raw[at + 1] ?? "";
    if (/[\r\n\0]/.test(value)) return "expected header values on one line";
    // Spelled with an underscore these could become the real ones behind us.
    if (name === "content_length" || name === "transfer_encoding") return `expected no \`${name}\``;
    if (name === "host") hosts += 1;
    if (name === "content-length") {
      if (length !== null) return "expected one content-length, got two";
      length = value;
    }
    if (name === "transfer-encoding") {
      if (encoding !== null) return "expected one transfer-encoding, got two";
      encoding = value;
    }
  }
  if (request.httpVersionMajor !== 1) return "expected HTTP/1.0 or HTTP/1.1";
  if (hosts !== 1 || !isHost(request.headers.host ?? "")) return "expected one host";
  if (encoding !== null && length !== null) return "expected content-length or transfer-encoding, got both";
  if (encoding !== null) {
    if (request.httpVersionMinor === 0) return "expected no transfer-encoding in HTTP/1.0";
    return encoding.toLowerCase() === "chunked"
      ? { kind: "chunked" }
      : "expected the transfer-encoding `chunked`";
  }
  if (length === null) return { kind: "none" };
  if (!/^\d{1,15}$/.test(length)) return "expected a content-length in decimal digits";
  return Number(length) === 0 && length !== "0"
    ? "expected a content-length without padding"
    : { kind: "length", length };
}

/** The path and the query of a request target in origin form, as they came. Null for every other form. */
export function targetOf(request: IncomingMessage): { readonly path: string; readonly query: string } | null {
  const target = request.url ?? "";
  if (!target.startsWith("/") || !/^[!-~]+$/.test(target) || target.includes("#")) return null;
  const mark = target.indexOf("?");
  return mark < 0 ? { path: target, query: "" } : { path: target.slice(0, mark), query: target.slice(mark) };
}
