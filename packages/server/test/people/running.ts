import { mkdtemp, rm, writeFile } from "node:fs/promises";
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type Server,
} from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Assurance, instant } from "@postern/core";
import type { Caller, Problem, Service, World } from "@postern/service";
import type { Config } from "../../src/config/settings.ts";
import { configWith } from "../../src/config.ts";
import type { Log } from "../../src/log.ts";
import { type Running, startPostern } from "../../src/start.ts";
import { realWorld } from "../../src/world.ts";

export const BOOTSTRAP = "a-secret-for-the-first-administrator-of-a-test";

/** A small organisation: open pages, reports behind a second step that may be waived, payouts that always ask. */
export const POLICY = `
kind: Protection
name: front
owner: web
mode: enforce
resources: ["route:/", "route:/login", "route:/step-up"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: none }
---
kind: Protection
name: reports
owner: reports-team
mode: enforce
resources: ["route:/reports/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1, stepUp: { assurance: aal2 } }
floor: aal1
signIn: { url: /login, stepUp: /step-up }
---
kind: Protection
name: payouts
owner: payments
mode: enforce
resources: ["route:/payouts/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1, stepUp: { assurance: aal2 } }
sensitive: true
signIn: { url: /login, stepUp: /step-up }
---
kind: Protection
name: vault
owner: payments
mode: enforce
resources: ["route:/vault/**"]
permit: [{ name: nobody, when: "false" }]
require: { assurance: aal1, stepUp: { assurance: aal2 } }
sensitive: true
---
kind: Protection
name: catalogue
owner: web
mode: enforce
resources: ["route:/catalogue/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1 }
signIn: { url: /login, stepUp: /step-up }
---
kind: Protection
name: archive
owner: reports-team
mode: enforce
resources: ["route:/archive/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1, stepUp: { assurance: aal2 } }
floor: aal1
signIn: { url: /login, stepUp: /step-up }
---
kind: Offer
name: reports-on-this-device
owner: reports-team
mode: enforce
control: step-up
holders: [device]
basis: preference
scope: { actions: [get, head], resources: ["route:/reports/**"] }
downTo: aal1
length: { default: P7D, max: P30D, total: P90D }
review: { every: P30D }
disclosure:
  en:
    version: 1
    title: Open reports on this device without a code
    stops: We stop asking for a code when you open reports here.
    protects: You still sign in with your password. Payouts still ask for a code.
    until: It ends on the day you choose, in 30 days at most.
    undo: Turn it back on at any time, here, with one click.
    more: It works on this device only. <b>Not on a shared one.</b>
  de:
    version: 1
    title: Berichte auf diesem Gerät ohne Code öffnen
    stops: Wir fragen hier beim Öffnen von Berichten nicht mehr nach einem Code.
    protects: Ihr Passwort bleibt nötig. Auszahlungen fragen weiter nach einem Code.
    until: Es endet an dem Tag, den Sie wählen, spätestens nach 30 Tagen.
    undo: Sie schalten es hier jederzeit mit einem Klick wieder ein.
---
kind: Offer
name: archive-anywhere
owner: reports-team
mode: enforce
control: step-up
holders: [subject]
basis: preference
scope: { actions: [get], resources: ["route:/archive/**"] }
downTo: aal1
length: { default: P1D, max: P1D, total: P30D }
approvals: { count: 1, decideWithin: P2D }
review: { every: P30D }
disclosure:
  en:
    version: 1
    title: Read the archive without a code
    stops: We stop asking for a code when you read the archive.
    protects: You still sign in with your password.
    until: It ends after one day.
    undo: Turn it back on at any time, here, with one click.
---
kind: Offer
name: guests-read-catalogue
owner: web
mode: enforce
control: authentication
holders: [anonymous]
basis: waiver
scope: { actions: [get, head], resources: ["route:/catalogue/**"] }
downTo: none
length: { default: P30D, max: P90D, total: P180D }
approvals: { count: 1, decideWithin: P7D }
budget: { uses: 1000, per: PT1M }
review: { every: P30D }
`;

const timeOutOffer = (name: string, more: string): string => `---
kind: Offer
name: ${name}
owner: reports-team
mode: enforce
control: session-timeout
holders: [subject]
basis: preference
scope: { actions: [get, post], resources: ["route:/catalogue/**"] }
length: { default: P7D, max: P30D, total: P90D }
review: { every: P30D }
${more}
disclosure:
  en:
    version: 1
    title: Stay signed in longer (${name})
    stops: We stop signing you out after fifteen minutes.
    protects: You are still signed out at the end of the day.
    until: It ends after seven days.
    undo: Turn it back on at any time, here, with one click.
`;
/** The same, with fifteen minutes of inactivity, less for reports, and longer ones to choose from. */
export const TIMED_POLICY: string = `${POLICY.replace(
  "name: reports\nowner: reports-team\nmode: enforce\n",
  "name: reports\nowner: reports-team\nmode: enforce\nsession: reports\n",
)}---
kind: SessionProfile
name: everywhere
owner: web
overall: PT12H
inactivity: PT15M
---
kind: SessionProfile
name: reports
owner: web
preset: [psd2]
overall: PT8H
essential: { because: payment accounts }
${timeOutOffer("hour", "inactivity: PT1H")}${timeOutOffer("day", "")}${timeOutOffer("short", "inactivity: PT5M")}`;

export interface Organisation {
  readonly service: Service;
  readonly gateway: string;
  readonly people: string;
  readonly admin: Caller;
  /** The administrator's. */
  readonly token: string;
  /** The time that every clock shows. */
  readonly now: () => number;
  /** What the application behind the gateway was asked. */
  readonly requests: {
    readonly url: string;
    readonly assertion: string | undefined;
    readonly headers: IncomingHttpHeaders;
    readonly method: string;
    readonly body: Buffer;
  }[];
  /** The control plane. */
  readonly control: string;
  /** Moves every clock on. */
  readonly pass: (milliseconds: number) => void;
  /** A session as an application registers it; its secret. */
  register(
    subject: string,
    acr: Assurance,
    more?: { readonly device?: string; readonly id?: string; readonly minutes?: number },
  ): Promise<{ readonly id: string; readonly secret: string }>;
  /** An administrator with a name of their own: another person than the first. */
  second(): Promise<Caller>;
  publish(policy: string): Promise<void>;
  stop(): Promise<void>;
}

export function must<Value>(
  outcome: { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly refusal: Problem },
): Value {
  if (!outcome.ok) throw new Error(`${outcome.refusal.code}: ${outcome.refusal.detail}`);
  return outcome.value;
}

export async function startOrganisation(
  policy: string = POLICY,
  more: Partial<Config> = {},
  log?: Log,
): Promise<Organisation> {
  const directory = await mkdtemp(join(tmpdir(), "postern-people-"));
  const requests: Organisation["requests"][number][] = [];
  const application = createServer(async (request, response) => {
    const assertion = request.headers["postern-assertion"];
    const chunks: Buffer[] = [];
    for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    requests.push({
      url: request.url ?? "",
      assertion: typeof assertion === "string" ? assertion : undefined,
      headers: request.headers,
      method: request.method ?? "",
      body: Buffer.concat(chunks),
    });
    // The application's own login, as short as it can be: it sets the session's secret as the gateway's cookie.
    const secret = /^\/login\?secret=([\w-]+)/.exec(request.url ?? "")?.[1];
    if (secret !== undefined) {
      response.setHeader("set-cookie", `__Host-postern=${secret}; Path=/; Secure; HttpOnly; SameSite=Lax`);
    }
    // Where it wants what was sent to it at another address.
    const [, status, to] = /[?&]moved=(30[78])&to=([^&]*)/.exec(request.url ?? "") ?? [];
    if (request.method === "POST" && status !== undefined) {
      response.writeHead(Number(status), {
        ...(to === "" ? {} : { location: decodeURIComponent(to ?? "") }),
        "set-cookie": ["moved=1; Path=/", "__Host-postern-me=stolen; Path=/; Secure"],
      });
    }
    response.end(`application at ${request.url}`);
  });
  const port = await listen(application);
  await writeFile(join(directory, "policy.yaml"), policy);
  const real = realWorld();
  let passed = 0;
  const world: World = {
    ...real,
    wall: () => instant(real.wall() + passed),
    monotonic: () => real.monotonic() + passed,
  };
  const running: Running = await startPostern(
    configWith({
      mode: "development",
      port: 0,
      peoplePort: 0,
      gatewayPort: 0,
      upstream: `http://127.0.0.1:${port}`,
      dataDir: join(directory, "data"),
      policyDir: directory,
      bootstrapToken: BOOTSTRAP,
      logLevel: "silent",
      ...more,
    }),
    { world, quiet: true, ...(log === undefined ? {} : { log }) },
  );
  const { service } = running;
  const callerFor = (secret: string): Caller => {
    const token = service.tokens.bySecret(secret);
    if (token === null) throw new Error("expected a live token");
    return { kind: "token", token };
  };
  const first = must(await service.tokens.bootstrap(BOOTSTRAP, { type: "user", id: "ben" }));
  const admin = callerFor(first.secret);
  let second: Caller | null = null;
  const until = (minutes: number): string => new Date(world.wall() + minutes * 60_000).toISOString();
  const application_ = callerFor(
    must(
      await service.tokens.issue(admin, {
        label: "shop",
        scopes: ["sessions.register"],
        maxAcr: "aal2",
        subjectTypes: ["user"],
        expiresAt: until(1_440),
      }),
    ).secret,
  );
  for (const id of ["ana-laptop", "ana-tablet", "kiosk"]) {
    must(await service.entities.put(admin, { type: "device", id }, { shared: id === "kiosk" }));
  }
  for (const id of ["ana", "cleo"]) must(await service.entities.put(admin, { type: "user", id }, {}));
  return {
    service,
    admin,
    token: first.secret,
    now: () => world.wall(),
    requests,
    gateway: running.urls.gateway ?? "",
    control: running.urls.control,
    people: running.urls.people,
    pass: (milliseconds) => {
      passed += milliseconds;
    },
    async register(subject, acr, { device, id, minutes = 60 } = {}) {
      const { session, secret } = must(
        await service.sessions.register(application_, {
          ...(id === undefined ? {} : { id }),
          subject: { type: "user", id: subject },
          ...(device === undefined ? {} : { device: { type: "device", id: device } }),
          acr,
          amr: ["pwd"],
          authTime: new Date(world.wall()).toISOString(),
          expiresAt: until(minutes),
        }),
      );
      return { id: session.id, secret };
    },
    async second() {
      if (second !== null) return second;
      const issued = await service.tokens.issue(admin, {
        label: "second administrator",
        person: { type: "user", id: "olga" },
        scopes: ["admin", "opt-outs.approve", "opt-outs.request"],
        expiresAt: until(1_440),
      });
      second = callerFor(must(issued).secret);
      return second;
    },
    async publish(text) {
      const revision = must(await service.policy.publish(admin, [{ path: "policy.yaml", text }]));
      must(await service.policy.activate(admin, revision.id));
    },
    async stop() {
      await running.stop();
      application.closeAllConnections();
      await new Promise((closed) => application.close(closed));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** What a form of a page would send, by its action. */
export interface Form {
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Sent after the fields, as it is. */
  readonly tail?: string;
}

/** A browser as far as these pages see one: a jar per origin, navigation headers, redirects one by one or followed. */
export interface Browser {
  readonly jar: Map<string, Map<string, string>>;
  go(url: string, headers?: OutgoingHttpHeaders): Promise<Page>;
  /** Like `go`, but stays at a redirect. */
  step(url: string, headers?: OutgoingHttpHeaders): Promise<Page>;
  submit(page: Page, form: Form, headers?: OutgoingHttpHeaders): Promise<Page>;
}

export function browser(language = "en"): Browser {
  const jar = new Map<string, Map<string, string>>();
  const send = (url: string, method: string, body: string, extra: OutgoingHttpHeaders): Promise<Page> =>
    new Promise((done, failed) => {
      const { origin } = new URL(url);
      const cookies = jar.get(origin) ?? new Map<string, string>();
      jar.set(origin, cookies);
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const headers: OutgoingHttpHeaders = {
        accept: "text/html",
        "accept-language": language,
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
        "sec-fetch-site": "none",
        ...(cookie === "" ? {} : { cookie }),
        ...extra,
      };
      for (const [name, value] of Object.entries(headers)) if (value === undefined) delete headers[name];
      const request = httpRequest(url, { method, headers, agent: false }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => {
          for (const line of response.headers["set-cookie"] ?? []) {
            const [pair = ""] = line.split(";");
            const name = pair.slice(0, pair.indexOf("="));
            if (/max-age=0/i.test(line)) cookies.delete(name);
            else cookies.set(name, pair.slice(pair.indexOf("=") + 1));
          }
          done({ url, status: response.statusCode ?? 0, headers: response.headers, text });
        });
        response.on("error", failed);
      });
      request.on("error", failed);
      request.end(body);
    });
  const follow = async (page: Page): Promise<Page> => {
    let here = page;
    for (let hops = 0; hops < 10 && here.status === 303; hops++) {
      here = await send(new URL(String(here.headers.location), here.url).href, "GET", "", {});
    }
    return here;
  };
  return {
    jar,
    go: async (url, headers = {}) => await follow(await send(url, "GET", "", headers)),
    step: (url, headers = {}) => send(url, "GET", "", headers),
    submit: async (page, { action, fields, tail = "" }, headers = {}) => {
      const target = new URL(action, page.url);
      const sent = await send(target.href, "POST", new URLSearchParams(fields).toString() + tail, {
        "content-type": "application/x-www-form-urlencoded",
        origin: target.origin,
        "sec-fetch-site": "same-origin",
        ...headers,
      });
      return await follow(sent);
    },
  };
}

export function formsOf(page: Page): readonly Form[] {
  return [...page.text.matchAll(/<form method="post" action="([^"]+)">([\s\S]*?)<\/form>/g)].map(
    ([, action = "", inside = ""]) => {
      const fields: Record<string, string> = {};
      for (const [tag] of inside.matchAll(/<input[^>]*>/g)) {
        const name = /name="([^"]*)"/.exec(tag)?.[1];
        const value = /value="([^"]*)"/.exec(tag)?.[1] ?? "";
        if (name !== undefined && (!/type="(?:radio|checkbox)"/.test(tag) || tag.includes(" checked")))
          fields[name] = value;
      }
      return { action, fields };
    },
  );
}

export function formTo(page: Page, ending: string): Form {
  const found = formsOf(page).find(({ action }) => action.endsWith(ending));
  if (found === undefined)
    throw new Error(
      `expected a form to ${ending} on ${page.url} (${page.status})\n${page.text.slice(-1500)}`,
    );
  return found;
}
