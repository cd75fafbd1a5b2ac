import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { ParkedForm } from "@postern/service";
import { cookieOf } from "../enforcement/session-handle.ts";
import { hostCookie } from "./cookies.ts";
import { framingOf } from "./framing.ts";
import { mayLink } from "./navigation.ts";
import { isFormId } from "./park-form.ts";

/**
 * Says that the next visit to one address is to send the form that waits for it. The address stays the
 * application's own, so that what it answers is read there: relative links, and a reload, which sends nothing again.
 */
const FORM_COOKIE = "__Host-postern-form";
const FORM_SECONDS = 60;

export function formCookie(id: string, path: string): string {
  return hostCookie(FORM_COOKIE, `${id}.${placeOf(path)}`, FORM_SECONDS);
}

export const NO_FORM_COOKIE: string = hostCookie(FORM_COOKIE, "", 0);

/** The form that a visit to `path` is to send; null: it is a plain visit. */
export function continuedForm(request: IncomingMessage, path: string): string | null {
  const { headers, method } = request;
  const [id = "", place = ""] = (cookieOf(headers.cookie, FORM_COOKIE) ?? "").split(".");
  if (method !== "GET" || !isFormId(id) || place !== placeOf(path)) return null;
  if (headers.upgrade !== undefined) return null;
  // A browser that looks ahead has not gone there yet.
  if (headers["sec-purpose"] !== undefined || headers.purpose !== undefined) return null;
  const framing = framingOf(request);
  return mayLink(request) && typeof framing !== "string" && framing.kind === "none" ? id : null;
}

function placeOf(path: string): string {
  return createHash("sha256").update(path).digest("base64url").slice(0, 22);
}

/** What a browser says of itself in every request. Nothing else of the visit goes to the application. */
const OF_THE_BROWSER: ReadonlySet<string> = new Set([
  "host",
  "cookie",
  "authorization",
  "user-agent",
  "accept",
  "accept-language",
  "accept-encoding",
  "dnt",
  "sec-gpc",
  "upgrade-insecure-requests",
  "x-request-id",
  "traceparent",
  "tracestate",
  "baggage",
]);

/**
 * The headers of a form that is sent on: the browser's own of now, with its cookies of now, and what it said of the
 * form when it was sent. It came from a page of this origin; that was checked then.
 */
export function headersOfForm(visit: IncomingMessage, form: ParkedForm): string[] {
  const raw = visit.rawHeaders;
  const headers: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? "").toLowerCase();
    if (OF_THE_BROWSER.has(name) || name.startsWith("sec-ch-"))
      headers.push(raw[at] ?? "", raw[at + 1] ?? "");
  }
  headers.push("Content-Type", form.contentType);
  if (form.origin !== null) headers.push("Origin", form.origin);
  if (form.referer !== null) headers.push("Referer", form.referer);
  if (visit.headers["sec-fetch-mode"] !== undefined) {
    headers.push("Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document");
  }
  return headers;
}
