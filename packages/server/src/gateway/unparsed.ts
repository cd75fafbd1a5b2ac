import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { problemDocument } from "../problem/document.ts";

/** Answers what the strict parser refused: nothing of it was read as a request, so nothing of it is repeated. */
export function refuseUnparsed(error: Error & { readonly code?: string }, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status =
    error.code === "HPE_HEADER_OVERFLOW" ? 431 : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
  const detail = "expected a well-formed HTTP/1.1 request";
  const body = JSON.stringify(problemDocument({ code: "request.malformed", detail }, { status }));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nConnection: close\r\nCache-Control: no-store\r\n` +
      `Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
