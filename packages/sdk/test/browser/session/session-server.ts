import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const MINUTE = 60_000;
const POLICY =
  "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'";

export interface Held {
  id: string;
  person: string;
  inactivity: number | null;
  overall: number;
  startedAt: number;
  activeAt: number;
  extensionsLeft: number | null;
  endedBy: string | null;
}

/** A gate with one browser before it, whose clock stands still until it is moved. */
export interface SessionServer {
  readonly origin: string;
  now: number;
  held: Held | null;
  /** Whether requests are answered, and of which the answers are held back. */
  online: boolean;
  /** Gives `draftKey`. */
  givesDraftKey: boolean;
  streams: number;
  /** `GET /.postern/session` and so on, as they came. */
  readonly asked: string[];
  /** When activity was told of, in seconds from the start of the session. */
  readonly movedAt: number[];
  readonly busy: () => number;
  signIn(more?: Partial<Held>): Held;
  end(by: string): void;
  changed(): void;
  pages: Record<string, string>;
  /** What a page runs. */
  script: string;
  stop(): Promise<void>;
}

const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Profile</title><link rel="stylesheet" href="/page.css"></head><body><header><h1>Profile</h1></header><main>
<p>Balance: 1,204.00</p><form id="about" action="/sent" method="post">
<p><label>About you <textarea name="about"></textarea></label></p>
<p><label>Town <select name="town"><option>Ulm</option><option>Graz</option></select></label></p>
<p><label><input type="checkbox" name="letters"> Letters</label></p>
<p><label>Password <input type="password" name="secret"></label></p>
<p><label>Card <input name="card" autocomplete="cc-number"></label></p>
<p><label>Note <input name="note" data-postern-draft="never"></label></p>
<input type="hidden" name="nonce" value="n1">
<p><button>Send</button></p></form></main><postern-session></postern-session>
<script type="module" src="/page.js"></script></body></html>`;

const SCRIPT = `import { createSession, defineSessionTimeout, keepDraft } from "/browser.js";
const element = document.querySelector("postern-session");
const session = createSession();
const form = document.querySelector("form");
Object.assign(window, { session, states: [], draft: form === null ? null : keepDraft(form, { session }) });
session.subscribe(({ state }) => { if (states.at(-1) !== state) states.push(state); });
defineSessionTimeout();
if (element !== null) {
  element.remove();
  element.session = session;
  document.body.append(element);
}`;

const STYLE = `body{font:1rem/1.5 system-ui,sans-serif;margin:2rem;background:#fff;color:#1c1f27}
@media (prefers-color-scheme:dark){body{background:#151a20;color:#efece8}}
label{display:block}textarea,input,select{font:inherit;max-width:100%}`;

interface Bundler {
  readonly rolldown: (options: object) => Promise<{
    generate(options: object): Promise<{ readonly output: readonly { readonly code?: string }[] }>;
  }>;
}

/** As an application would bundle it, with what the test runner brings along. */
export async function bundled(entry: string): Promise<string> {
  const vitest = createRequire(createRequire(import.meta.url).resolve("vitest/package.json"));
  const place = createRequire(vitest.resolve("vite")).resolve("rolldown");
  const { rolldown } = (await import(pathToFileURL(place).href)) as Bundler;
  const input = join(import.meta.dirname, "../../../src/browser", entry);
  const { output } = await (await rolldown({ input, platform: "browser" })).generate({ minify: true });
  return output[0]?.code ?? "";
}

export function gzipped(code: string): number {
  return gzipSync(code, { level: 9 }).length;
}

export async function startSessions(): Promise<SessionServer> {
  const code = await bundled("index.ts");
  const asked: string[] = [];
  const movedAt: number[] = [];
  const streams = new Map<ServerResponse, () => unknown>();
  let pending = 0;
  let signedIn = 0;

  const endOf = (held: Held): number => {
    const overall = held.startedAt + held.overall;
    return held.inactivity === null ? overall : Math.min(overall, held.activeAt + held.inactivity);
  };
  const document = (): Record<string, unknown> => {
    const at = (instant: number): string => new Date(instant).toISOString();
    const now = at(server.now);
    const { held } = server;
    if (held === null) return { now, state: "none" };
    const overall = held.startedAt + held.overall;
    const endsAt = endOf(held);
    const endsBy = endsAt === overall ? "overall" : "inactivity";
    if (held.endedBy === null && server.now >= endsAt) held.endedBy = endsBy;
    const ahead = (held.inactivity ?? Number.POSITIVE_INFINITY) <= 5 * MINUTE ? MINUTE : 2 * MINUTE;
    return {
      now,
      state: held.endedBy === null ? "live" : held.endedBy === "operator" ? "revoked" : "ended",
      id: held.id,
      acr: "aal1",
      amr: ["pwd"],
      authTime: at(held.startedAt),
      startedAt: at(held.startedAt),
      expiresAt: at(overall),
      inactivityEndsAt: held.inactivity === null ? null : at(held.activeAt + held.inactivity),
      endsAt: at(endsAt),
      endsBy,
      warnAt: at(endsAt - ahead),
      bannerAt: endsBy === "overall" ? at(overall - 10 * MINUTE) : null,
      canExtend: endsBy === "inactivity" && held.extensionsLeft !== 0,
      extensionsLeft: held.extensionsLeft,
      limits: {},
      optOut: null,
      endedBy: held.endedBy,
      ...(server.givesDraftKey ? { draftKey: held.person.padEnd(43, "x") } : {}),
    };
  };
  const isLive = (): boolean => document().state === "live";

  function answer(request: IncomingMessage, response: ServerResponse): unknown {
    const { pathname } = new URL(request.url ?? "/", server.origin);
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
      response.end(JSON.stringify(body));
    };
    if (pathname.startsWith("/.postern")) {
      asked.push(`${request.method} ${pathname}`);
      if (!server.online) return request.socket.destroy();
    }
    const { held } = server;
    switch (`${request.method} ${pathname}`) {
      case "GET /.postern/session":
        return json(200, document());
      case "GET /.postern/session/events": {
        response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
        const say = (): void =>
          void response.write(`event: session\ndata: ${JSON.stringify(document())}\n\n`);
        streams.set(response, say);
        server.streams = streams.size;
        pending -= 1;
        response.on("close", () => {
          pending += 1;
          streams.delete(response);
          server.streams = streams.size;
        });
        return say();
      }
      case "POST /.postern/session/activity":
      case "POST /.postern/session/extend": {
        if (held === null || !isLive()) return json(401, { code: "session.ended" });
        if (pathname.endsWith("/extend")) {
          if (held.extensionsLeft === 0) return json(409, { code: "session.extensions_spent" });
          if (held.extensionsLeft !== null) held.extensionsLeft -= 1;
        } else movedAt.push((server.now - held.startedAt) / 1_000);
        held.activeAt = server.now;
        server.changed();
        return json(200, document());
      }
      case "POST /.postern/session/end":
        server.held = null;
        server.changed();
        return json(200, { state: "none" });
      case "GET /browser.js":
      case "GET /page.js":
        response.writeHead(200, { "content-type": "text/javascript" });
        return response.end(pathname === "/page.js" ? server.script : code);
      case "GET /page.css":
        response.writeHead(200, { "content-type": "text/css" });
        return response.end(STYLE);
      default: {
        const page = server.pages[pathname];
        response.writeHead(page === undefined ? 404 : 200, {
          "content-type": "text/html; charset=utf-8",
          "content-security-policy": POLICY,
        });
        return response.end(page ?? "");
      }
    }
  }

  const listener: Server = createServer((request, response) => {
    pending += 1;
    response.on("close", () => {
      pending -= 1;
    });
    answer(request, response);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const server: SessionServer = {
    origin: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    now: Date.parse("2026-03-02T09:00:00Z"),
    held: null,
    online: true,
    givesDraftKey: true,
    streams: 0,
    asked,
    movedAt,
    busy: () => pending,
    script: SCRIPT,
    pages: {
      "/.postern/step-up": "<!doctype html><title>Step</title><h1>Step</h1>",
      "/profile": PAGE,
      "/sent": PAGE.replaceAll("Profile", "Sent").replace(/<form[\s\S]*<\/form>/, ""),
    },
    signIn(more = {}) {
      signedIn += 1;
      server.held = {
        id: `ses_${signedIn}`,
        person: "ana",
        inactivity: 15 * MINUTE,
        overall: 12 * 60 * MINUTE,
        startedAt: server.now,
        activeAt: server.now,
        extensionsLeft: null,
        endedBy: null,
        ...more,
      };
      return server.held;
    },
    end(by) {
      if (server.held !== null) server.held.endedBy = by;
      server.changed();
    },
    changed() {
      for (const say of streams.values()) say();
    },
    async stop() {
      listener.closeAllConnections();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
  return server;
}
