import type { IncomingMessage, ServerResponse } from "node:http";
import {
  acceptedLocales,
  guardHeaders,
  type Messages,
  messagesFor,
  noticePage,
  type PageShell,
  pageHeaders,
  type Told,
  type Way,
} from "@postern/console";
import type { Problem } from "@postern/service";
import { problemDocument, problemHeaders } from "../problem/document.ts";
import { showsPage } from "./navigation.ts";

/** What the gateway says itself instead of the application. */
export interface Refusal {
  readonly problem: Problem;
  /** Replaces the usual status of the code. */
  readonly status?: number;
  readonly told: (messages: Messages) => Told;
  readonly ways?: (messages: Messages) => readonly Way[];
  readonly decision?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answering {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly nonce: () => string;
  /** Of the trace that this exchange belongs to. Omitted: none is kept. */
  readonly traceparent?: string | undefined;
}

/** A page for a person who goes somewhere, problem details for a program. */
export function refuseRequest({ request, response, nonce }: Answering, refusal: Refusal): void {
  const document = problemDocument(refusal.problem, {
    ...(refusal.status === undefined ? {} : { status: refusal.status }),
    ...(refusal.decision === undefined ? {} : { decision: refusal.decision }),
  });
  const headers: Record<string, string> = {
    ...guardHeaders,
    ...(refusal.decision === undefined ? {} : { "decision-id": refusal.decision }),
    ...refusal.headers,
  };
  if (!showsPage(request)) {
    finish(
      request,
      response,
      document.status,
      { ...headers, ...problemHeaders(refusal.problem) },
      JSON.stringify(document),
    );
    return;
  }
  const messages = messagesFor(acceptedLocales(request.headers["accept-language"]));
  const shell = { messages, nonce: nonce(), home: null };
  const body = noticePage(shell, refusal.told(messages), {
    ways: refusal.ways?.(messages) ?? [],
    reference: refusal.decision ?? null,
  });
  finish(request, response, document.status, { ...headers, ...pageHeaders(shell.nonce) }, body);
}

/** A page of the gateway's own. Its forms name their origin, to themselves and to nobody else. */
export function sendPage(
  { request, response, nonce }: Answering,
  status: number,
  page: (shell: PageShell) => string,
  headers: Readonly<Record<string, string>> = {},
  more: { readonly script?: boolean } = {},
): void {
  const messages = messagesFor(acceptedLocales(request.headers["accept-language"]));
  const shell = { messages, nonce: nonce(), home: null };
  const all = { ...pageHeaders(shell.nonce, more), "referrer-policy": "same-origin", ...headers };
  finish(request, response, status, all, page(shell));
}

export function redirect(
  { request, response }: Answering,
  location: string,
  headers: Readonly<Record<string, string | string[]>> = {},
): void {
  finish(request, response, 303, { ...guardHeaders, ...headers, location }, "");
}

export function sendJson(
  { request, response }: Answering,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const type = { "content-type": "application/json; charset=utf-8" };
  finish(request, response, status, { ...guardHeaders, ...type, ...headers }, JSON.stringify(value));
}

function finish(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string | string[]>>,
  body: string,
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const id = request.headers["x-request-id"];
  // What is left of a body that nobody will read must not be taken for the next request.
  if (!request.complete) response.shouldKeepAlive = false;
  response.writeHead(status, {
    ...headers,
    ...(typeof id === "string" && /^[!-~]{1,128}$/.test(id) ? { "x-request-id": id } : {}),
    "content-length": String(Buffer.byteLength(body)),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}
