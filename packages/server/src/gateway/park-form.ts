import type { IncomingMessage } from "node:http";
import type { FormHolder, World } from "@postern/service";
import { challengeOf } from "../people/link-codes.ts";
import { sameSitePath } from "../return-path.ts";
import type { Wiring } from "../wiring.ts";
import { browserSecret, liveSession } from "./form-holder.ts";
import { framingOf } from "./framing.ts";
import { showsPage } from "./navigation.ts";

/** The gateway's page of one form that waits. */
export const PARKED_FORM = "/.postern/parked-form";

const FORM_TYPE = /^\s*(?:application\/x-www-form-urlencoded|multipart\/form-data)\s*(?:;|$)/i;
/** How long a body may take to arrive, in milliseconds. */
const READING_MS = 30_000;
/** How many bodies are read at once, so that nobody fills the memory. */
const MOST_READING = 64;
/** What is read and thrown away so that a browser sees the answer instead of a broken connection. */
const MOST_DRAINED = 67_108_864;
/** What is kept within this time for people who are not signed in: forms and bytes of one network, bytes in all. */
const UNKNOWN_MS = 600_000;
const MOST_UNKNOWN = 120;
const MOST_UNKNOWN_BYTES = 8_388_608;
const MOST_UNKNOWN_BYTES_IN_ALL = 67_108_864;

export type Parked =
  | { readonly kind: "parked"; readonly path: string; readonly cookie: string }
  | { readonly kind: "too-large" | "too-many" | "unreadable" };

export interface FormParking {
  /** Whether a request is a form that a person sent from a page of this very origin. */
  takes(request: IncomingMessage, origins: readonly string[]): boolean;
  park(
    request: IncomingMessage,
    form: { readonly path: string; readonly from: string; readonly network: string },
  ): Promise<Parked>;
}

/**
 * Whether a browser says that a page of this origin sends this. A page that hides where it is sends the origin
 * `null`; `Sec-Fetch-Site`, which no script can write, still says it.
 */
export function comesFromHere({ headers }: IncomingMessage, own: readonly string[]): boolean {
  const { origin, "sec-fetch-site": site } = headers;
  if (site !== undefined) {
    return site === "same-origin" && (origin === undefined || origin === "null" || own.includes(origin));
  }
  return origin !== undefined && own.includes(origin);
}

export function createFormParking({ service, world, config, metrics }: Wiring): FormParking {
  let reading = 0;
  const unknown = new Map<string, { count: number; bytes: number; readonly until: number }>();

  /** False: that network, or all together, have sent as much as may be kept. */
  function counts(holder: FormHolder, network: string, bytes: number): boolean {
    if (holder.kind === "session") return true;
    const now = world.monotonic();
    let all = bytes;
    for (const [key, one] of unknown) {
      if (now >= one.until) unknown.delete(key);
      else all += one.bytes;
    }
    const known = unknown.get(network) ?? { count: 0, bytes: 0, until: now + UNKNOWN_MS };
    const room =
      known.count < MOST_UNKNOWN &&
      known.bytes + bytes <= MOST_UNKNOWN_BYTES &&
      all <= MOST_UNKNOWN_BYTES_IN_ALL;
    if (!room) return false;
    unknown.set(network, { ...known, count: known.count + 1, bytes: known.bytes + bytes });
    return true;
  }

  async function park(
    request: IncomingMessage,
    { path, from, network }: { readonly path: string; readonly from: string; readonly network: string },
  ): Promise<Parked> {
    const { headers } = request;
    const said = Number(headers["content-length"] ?? "0");
    if (said > config.parkedFormSize || reading >= MOST_READING) {
      await drained(request, world);
      return { kind: said > config.parkedFormSize ? "too-large" : "too-many" };
    }
    reading += 1;
    const body = await read(request, config.parkedFormSize, world).finally(() => {
      reading -= 1;
    });
    if (body === "too-large" || body === "unreadable") return { kind: body };
    const browser = browserSecret(request, world);
    const session = liveSession(request, service);
    const holder: FormHolder =
      session === null
        ? { kind: "browser", challenge: challengeOf(browser.secret) }
        : { kind: "session", id: session };
    if (!counts(holder, network, body.length)) return { kind: "too-many" };
    const id = await service.parkedForms.park(holder, {
      path,
      body,
      contentType: headers["content-type"] ?? "",
      origin: headers.origin ?? null,
      referer: headers.referer ?? null,
    });
    if (id === null) return { kind: "too-many" };
    return { kind: "parked", path: parkedFormPath(id, from), cookie: browser.cookie };
  }

  return {
    takes: (request, origins) =>
      config.parkedFormSize > 0 &&
      request.method === "POST" &&
      showsPage(request) &&
      (request.headers["sec-fetch-dest"] ?? "document") === "document" &&
      FORM_TYPE.test(request.headers["content-type"] ?? "") &&
      request.headers["content-encoding"] === undefined &&
      request.headers.expect === undefined &&
      typeof framingOf(request) !== "string" &&
      comesFromHere(request, origins),
    async park(request, form) {
      const done = await park(request, form);
      metrics.parkedForm(done.kind);
      return done;
    },
  };
}

/** The way back carries where the form came from, so that it is known even when the form is gone. */
function parkedFormPath(id: string, from: string): string {
  const path = `${PARKED_FORM}?id=${id}`;
  const whole = `${path}&from=${encodeURIComponent(from)}`;
  return from === "/" || sameSitePath(whole) === null ? path : whole;
}

/** A form's own address, as the sign-in carries it; null: it is another. */
export function parkedFormOf(path: string): { readonly id: string; readonly from: string } | null {
  if (!path.startsWith(`${PARKED_FORM}?`)) return null;
  const asked = new URLSearchParams(path.slice(PARKED_FORM.length));
  const id = asked.get("id") ?? "";
  return isFormId(id) ? { id, from: sameSitePath(asked.get("from") ?? "/") ?? "/" } : null;
}

export function isFormId(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text);
}

async function read(
  request: IncomingMessage,
  most: number,
  world: Pick<World, "after">,
): Promise<Buffer | "too-large" | "unreadable"> {
  const cancel = world.after(READING_MS, () => request.destroy());
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      if (!Buffer.isBuffer(chunk)) return "unreadable";
      size += chunk.length;
      if (size > MOST_DRAINED) return "too-large";
      if (size <= most) chunks.push(chunk);
      else chunks.length = 0;
    }
  } catch {
    return "unreadable";
  } finally {
    cancel();
  }
  if (size > most) return "too-large";
  return request.complete ? Buffer.concat(chunks) : "unreadable";
}

async function drained(request: IncomingMessage, world: Pick<World, "after">): Promise<void> {
  await read(request, 0, world);
}
