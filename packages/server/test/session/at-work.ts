import { type IncomingMessage, request } from "node:http";
import type { Caller, OwnSession } from "@postern/service";
import { must, type Organisation, startOrganisation } from "../people/running.ts";

const protection = (name: string, path: string, more: string): string => `---
kind: Protection
name: ${name}
owner: web
mode: enforce
resources: ["route:${path}"]
permit: [{ name: anyone, when: "true" }]
${more}
`;

/** An hour without activity, eight in all; five minutes where money moves; ten extensions. */
export const POLICY: string =
  protection("work", "/work/**", "require: { assurance: aal1 }\nsession: work") +
  protection("pay", "/work/pay/**", "require: { assurance: aal1 }\nsession: pay") +
  `---
kind: SessionProfile
name: work
owner: web
overall: PT8H
inactivity: PT1H
extensions: 10
---
kind: SessionProfile
name: pay
owner: web
overall: PT8H
inactivity: PT5M
---
kind: Offer
name: stay
owner: web
mode: enforce
control: session-timeout
holders: [subject]
basis: preference
scope: { actions: [get], resources: ["route:/work/**"] }
length: { default: P7D, max: P30D, total: P90D }
review: { every: P30D }
disclosure: { en: { version: 1, title: a, stops: b, protects: c, until: d, undo: e } }
`;

export type Headers = Readonly<Record<string, string>>;

export interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

export interface SignedIn {
  readonly id: string;
  readonly secret: string;
}

/** An organisation whose sessions end without activity, and what anybody can send it. */
export interface AtWork {
  readonly shop: Organisation;
  send(url: string, method?: string, headers?: Headers, body?: string): Promise<Answered>;
  /** Of a browser at the gateway, with the cookie of a session. */
  at(secret: string, path: string, method?: string, headers?: Headers): Promise<Answered>;
  /** From a page of the gateway's own origin. */
  act(secret: string, what: "activity" | "extend" | "end", more?: Headers, query?: string): Promise<Answered>;
  own(secret: string, query?: string): Promise<Exclude<OwnSession, { readonly state: "none" }>>;
  /** A stream of a session, with what it has told so far. */
  stream(secret: string, query?: string): Promise<Stream>;
  caller(session: SignedIn): Extract<Caller, { readonly kind: "session" }>;
  stop(): Promise<void>;
}

export interface Stream {
  readonly status: number;
  readonly events: readonly OwnSession[];
  readonly ended: Promise<void>;
  close(): void;
}

export async function startAtWork(): Promise<AtWork> {
  const shop = await startOrganisation(POLICY);
  const { origin } = new URL(shop.gateway);
  const cookie = (secret: string): Headers => ({ cookie: `__Host-postern=${secret}` });
  const made: AtWork = {
    shop,
    send: (url, method = "GET", headers = {}, body = "") =>
      new Promise((done, failed) => {
        const sent = request(url, { method, headers, agent: false }, (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (part) => {
            text += part;
          });
          response.on("end", () =>
            done({ status: response.statusCode ?? 0, headers: response.headers, text }),
          );
          response.on("error", failed);
        });
        sent.on("error", failed);
        sent.end(body);
      }),
    at: (secret, path, method = "GET", headers = {}) =>
      made.send(`${shop.gateway}${path}`, method, { ...cookie(secret), ...headers }),
    act: (secret, what, more = {}, query = "?for=/work/a") =>
      made.at(secret, `/.postern/session/${what}${query}`, "POST", {
        origin,
        "sec-fetch-site": "same-origin",
        "sec-fetch-mode": "cors",
        ...more,
      }),
    async own(secret, query = "?for=/work/a") {
      const { text } = await made.at(secret, `/.postern/session${query}`);
      const own = JSON.parse(text) as OwnSession;
      if (own.state === "none") throw new Error("expected a session, got none");
      return own;
    },
    stream: (secret, query = "?for=/work/a") =>
      new Promise((done, failed) => {
        const events: OwnSession[] = [];
        const url = `${shop.gateway}/.postern/session/events${query}`;
        const sent = request(url, { headers: cookie(secret), agent: false }, (response) => {
          let held = "";
          response.setEncoding("utf8");
          response.on("data", (part) => {
            held += part;
            const parts = held.split("\n\n");
            held = parts.pop() ?? "";
            for (const one of parts) {
              const data = /^data: (.*)$/m.exec(one)?.[1];
              if (data !== undefined) events.push(JSON.parse(data) as OwnSession);
            }
          });
          response.on("error", () => undefined);
          const ended = new Promise<void>((over) => response.on("close", over));
          done({ status: response.statusCode ?? 0, events, ended, close: () => void sent.destroy() });
        });
        sent.on("error", failed);
        sent.end();
      }),
    caller({ id }) {
      const session = shop.service.sessions.byId(id);
      if (session === null) throw new Error("expected a session");
      return { kind: "session", session };
    },
    stop: shop.stop,
  };
  return made;
}

/** Opts out of time-out in a browser of one's own. */
export async function stayIn({ shop, caller }: AtWork, session: SignedIn): Promise<string> {
  must(await shop.service.sessions.mark(shop.admin, session.id, false));
  const person = caller(session);
  const { id } = must(await shop.service.optOuts.request(person, { offer: "stay" }));
  const { hash } = must(await shop.service.optOuts.disclosure(person, id, ["en"]));
  must(await shop.service.optOuts.consent(person, id, { disclosure: hash, locale: "en" }));
  return id;
}
