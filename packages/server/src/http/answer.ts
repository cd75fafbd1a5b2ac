import type { IncomingMessage, ServerResponse } from "node:http";
import { type Problem, problem, StoreError } from "@postern/service";
import type { Log } from "../log.ts";
import { problemDocument, problemHeaders } from "../problem/document.ts";

const REQUEST_ID = /^[!-~]{1,128}$/;

/** The caller's `X-Request-ID`, to be echoed; null where it sent none that is fit to be. */
export function requestIdOf(request: IncomingMessage): string | null {
  const id = request.headers["x-request-id"];
  return typeof id === "string" && REQUEST_ID.test(id) ? id : null;
}

export function sendProblem(
  request: IncomingMessage,
  response: ServerResponse,
  of: Problem,
  more: {
    readonly status?: number;
    readonly decision?: string;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const document = problemDocument(of, more);
  const body = JSON.stringify(document);
  const id = requestIdOf(request);
  response.writeHead(document.status, {
    ...problemHeaders(of),
    ...more.headers,
    "content-length": Buffer.byteLength(body),
    ...(id === null ? {} : { "x-request-id": id }),
    ...(of.code === "request.too_large" ? { connection: "close" } : {}),
  });
  response.end(body);
}

/** What an exception becomes outside: never its message, its stack or a path. */
export function problemOfError(error: unknown): Problem {
  if (error instanceof StoreError) {
    return error.code === "full"
      ? problem("store.full", "nothing was written; free some space")
      : problem("store.unavailable", "the database did not answer; nothing was honoured");
  }
  return problem("internal", "the request was not carried out");
}

/** Logs an exception by kind and place. Messages may quote data, so they stay out. */
export function logError(log: Log, route: string, error: unknown): void {
  const known = error instanceof Error ? error : new Error("not an error");
  const code = "code" in known && typeof known.code === "string" ? known.code : null;
  const at = (known.stack ?? "")
    .split("\n")
    .filter((line) => line.trimStart().startsWith("at "))
    .slice(0, 8);
  log.error({ route, error: known.name, code, at }, "a request failed");
}
