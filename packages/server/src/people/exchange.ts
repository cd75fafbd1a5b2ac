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
import type { Wiring } from "../wiring.ts";

const LONGEST_FORM = 16_384;

/** One request to the people's pages and the ways to answer it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly messages: Messages;
  readonly locales: readonly string[];
  readonly shell: PageShell;
}

export const HOME = "/me/protection";

export function createExchange(
  request: IncomingMessage,
  response: ServerResponse,
  { world, service }: Wiring,
): Exchange | null {
  const target = request.url ?? "";
  if (!/^\/[!-~]*$/.test(target) || target.startsWith("//") || !URL.canParse(target, "http://people.invalid"))
    return null;
  const [path = "/", ...rest] = target.split("?");
  const locales = acceptedLocales(request.headers["accept-language"]);
  const messages = messagesFor(locales);
  const nonce = Buffer.from(world.random(16)).toString("base64url");
  return {
    request,
    response,
    path,
    query: new URLSearchParams(rest.join("?")),
    messages,
    locales,
    shell: {
      messages,
      nonce,
      home: HOME,
      signedOutAfter: service.sessions.limits().inactivity?.length ?? null,
    },
  };
}

/** Forms must say where they come from, so these pages name themselves to themselves and to nobody else. */
export function showPage(
  { request, response, shell }: Exchange,
  status: number,
  body: string,
  more: {
    readonly cookies?: readonly string[];
    readonly script?: boolean;
    readonly leadsTo?: string | null;
  } = {},
): void {
  const headers = { ...pageHeaders(shell.nonce, more), "referrer-policy": "same-origin" };
  send(request, response, status, headers, body, more.cookies);
}

export function showNotice(
  exchange: Exchange,
  status: number,
  told: Told,
  ways?: readonly Way[],
  cookies: readonly string[] = [],
): void {
  const home = { href: HOME, label: exchange.messages.trouble.toStart };
  showPage(exchange, status, noticePage(exchange.shell, told, { ways: ways ?? [home] }), { cookies });
}

export function goTo(
  { request, response }: Exchange,
  location: string,
  cookies: readonly string[] = [],
): void {
  send(request, response, 303, { ...guardHeaders, location }, "", cookies);
}

export function sendFile({ request, response }: Exchange, name: string, text: string): void {
  const headers = {
    ...guardHeaders,
    "content-type": "text/plain; charset=utf-8",
    "content-disposition": `attachment; filename="${name}"`,
    "content-security-policy": "default-src 'none'; sandbox",
  };
  send(request, response, 200, headers, text);
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
  cookies: readonly string[] = [],
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (!request.complete) response.shouldKeepAlive = false;
  response.writeHead(status, {
    ...headers,
    ...(cookies.length === 0 ? {} : { "set-cookie": [...cookies] }),
    "content-length": String(Buffer.byteLength(body)),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** The fields of a form; `too-large` or `unreadable` where it is not one. A field given twice is unreadable. */
export async function readForm({
  request,
}: Exchange): Promise<ReadonlyMap<string, string> | "too-large" | "unreadable"> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") return "unreadable";
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) return "unreadable";
    size += chunk.length;
    if (size > LONGEST_FORM) return "too-large";
    chunks.push(chunk);
  }
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(Buffer.concat(chunks).toString("utf8"))) {
    if (fields.has(name)) return "unreadable";
    fields.set(name, value);
  }
  return fields;
}
