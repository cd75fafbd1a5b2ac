import { generateKeyPairSync, KeyObject } from "node:crypto";
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
  type Server,
} from "node:http";
import { type AddressInfo, connect } from "node:net";
import {
  type Decision,
  type DecisionId,
  exactly,
  formatInstant,
  makeId,
  type Session,
  sessionIsLive,
  type Unmet,
} from "@postern/core";
import type { Answer, Question, Service, World } from "@postern/service";
import { createAssertions } from "../../src/assertion.ts";
import type { Config } from "../../src/config/settings.ts";
import { startGateway } from "../../src/gateway/index.ts";
import type { Patience } from "../../src/gateway/upstream.ts";
import { createLinkCodes, type LinkCodes } from "../../src/people/link-codes.ts";
import { createReturnPaths, type ReturnPaths } from "../../src/return-path.ts";
import { createSessionWatch } from "../../src/session/session-watch.ts";
import type { Listener, Wiring } from "../../src/wiring.ts";
import { realWorld } from "../../src/world.ts";

const PEOPLE = "https://people.test";

/** The rules of a gateway's fixture, by first segment; everything else of Postern stays as it is shipped. */
type Rule = (question: Question) => Partial<Decision>;
const RULES: { readonly closed: Rule; readonly [segment: string]: Rule } = {
  open: () => ({ outcome: "permit" }),
  guests: () => ({ outcome: "honour" }),
  closed: () => ({ outcome: "deny" }),
  members: ({ session }) =>
    session === null
      ? { outcome: "challenge", unmet: [unmetSignIn] }
      : session.acr === "aal2"
        ? { outcome: "permit" }
        : { outcome: "challenge", unmet: [unmetStepUp] },
};

const signIn = { url: "/login", stepUp: "/step-up" };
const unmetSignIn: Unmet = {
  requirement: { kind: "authenticated", control: "authentication", atLeast: "aal1" },
  reason: "no_session",
  challenge: { kind: "sign-in", acr: "aal1", signIn },
};
const unmetStepUp: Unmet = {
  requirement: { kind: "stepped-up", control: "step-up", atLeast: "aal2", maxAge: null },
  reason: "assurance_too_low",
  challenge: { kind: "step-up", acr: "aal2", maxAge: null, signIn },
};

export interface Fixture {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** What the gateway asked, in order. */
  readonly asked: readonly Question[];
  readonly sessions: Map<string, Session>;
  readonly links: LinkCodes;
  readonly returns: ReturnPaths;
  /** Something was withdrawn. */
  readonly changed: () => void;
  readonly refuse: Set<string>;
  close(): Promise<void>;
}

export interface FixtureOptions {
  readonly application?: RequestListener;
  readonly upstream?: string;
  readonly trustedProxies?: readonly string[];
  readonly patience?: Patience;
  readonly prepare?: (server: Server) => void;
}

export async function startFixture(options: FixtureOptions = {}): Promise<Fixture> {
  const application = createServer(
    options.application ?? ((_, response) => response.end("from the application")),
  );
  options.prepare?.(application);
  const upstream = options.upstream ?? `http://127.0.0.1:${await listen(application)}`;
  const asked: Question[] = [];
  const refuse = new Set<string>();
  const sessions = new Map<string, Session>();
  const listeners = new Set<(alone: null) => void>();
  const world = realWorld();
  const decide = (question: Question): Decision => {
    const path = question.resource.id.split("?")[0] ?? "";
    const rule = refuse.has(path) ? RULES.closed : RULES[path.split("/")[1] ?? ""];
    return {
      outcome: "challenge",
      unmet: [{ requirement: { kind: "governed" }, reason: "path_not_canonical", challenge: null }],
      waived: [],
      notHonoured: [],
      scored: null,
      protections: [],
      governed: true,
      risk: "low",
      wouldBe: null,
      ...(rule === undefined ? {} : { unmet: [], ...rule(question) }),
    };
  };
  const key = KeyObject.from(
    await crypto.subtle.importKey(
      "pkcs8",
      generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "der" }),
      "Ed25519",
      true,
      ["sign"],
    ),
  ).toCryptoKey("Ed25519", true, ["sign"]);
  const service = {
    decisions: {
      decide: (question: Question): Answer => {
        asked.push(question);
        return {
          id: makeId("dec", world.random(16)) as DecisionId,
          at: world.wall(),
          decision: decide(question),
          revision: "pol_1",
          entry: null,
          subject: question.session === null ? null : { type: "user", id: "ana" },
          session: question.session,
          view: () => {
            throw new Error("not asked for here");
          },
        };
      },
      consider: (question: Question) => ({ decision: decide(question) }),
      timeouts: async () => ({ timeouts: null, session: null, now: exactly(world.wall()) }),
    },
    sessions: {
      bySecret: (secret: string) => sessions.get(secret) ?? null,
      byId: (id: string) => [...sessions.values()].find((one) => one.id === id) ?? null,
      stateOf: (session: Session) =>
        session.revokedAt !== null ? "revoked" : sessionIsLive(session, world.wall()) ? "live" : "ended",
      active: async () => true,
      rotate: async () => ({ ok: true, value: null }),
      onRevoked: () => () => undefined,
      onActive: () => () => undefined,
      own: async ({ session }: Question) => ({
        now: formatInstant(world.wall()),
        ...(session === null
          ? { state: "none" }
          : {
              state:
                session.revokedAt !== null
                  ? "revoked"
                  : sessionIsLive(session, world.wall())
                    ? "live"
                    : "ended",
              id: session.id,
              acr: session.acr,
              expiresAt: formatInstant(session.expiresAt),
            }),
      }),
      revoke: async (_: unknown, id: string) => {
        for (const [secret, one] of sessions) {
          if (one.id === id) sessions.set(secret, { ...one, revokedAt: world.wall() });
        }
        return { ok: true, value: {} };
      },
    },
    policy: { protections: () => [{ mode: "enforce", signIn }] },
    node: {
      onChange: (listener: (alone: null) => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      assertionKey: () => ({ kid: "k1", privateKey: key }),
    },
  } as unknown as Service;
  const links = createLinkCodes(world);
  const returns = createReturnPaths(world.random(32));
  let gateway: Listener | null = null;
  const wiring: Wiring = {
    service,
    sessionWatch: createSessionWatch(service, world),
    world,
    returns,
    config: {
      host: "127.0.0.1",
      gatewayPort: 0,
      upstream,
      gatewayUrl: null,
      trustedProxies: options.trustedProxies ?? [],
    } as unknown as Config,
    log: { debug() {}, info() {}, warn() {}, error() {} } as unknown as Wiring["log"],
    assertions: createAssertions(service, world as World, () => "https://postern.test"),
    places: {
      control: () => "https://postern.test",
      people: () => PEOPLE,
      gateway: () => gateway?.url ?? null,
    },
  } as unknown as Wiring;
  gateway = await startGateway(wiring, {
    links,
    ...(options.patience === undefined ? {} : { patience: options.patience }),
  });
  const { hostname, port } = new URL(gateway.url);
  return {
    url: gateway.url,
    host: `${hostname}:${port}`,
    port: Number(port),
    asked,
    sessions,
    links,
    returns,
    refuse,
    changed: () => {
      for (const listener of listeners) listener(null);
    },
    close: async () => {
      application.closeAllConnections();
      await gateway?.close();
      await new Promise((closed) => application.close(closed));
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return (server.address() as AddressInfo).port;
}

export interface Visited {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One request with exactly these headers, redirects not followed: `fetch` would add its own. */
export function visit(
  url: string,
  headers: OutgoingHttpHeaders = {},
  { method = "GET", body = "" }: { readonly method?: string; readonly body?: string } = {},
): Promise<Visited> {
  return new Promise((done, failed) => {
    const request = httpRequest(url, { method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => done({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.on("error", failed);
    });
    request.on("error", failed);
    request.end(body);
  });
}

/** What a browser says when a person goes somewhere. */
export const GOING: OutgoingHttpHeaders = {
  accept: "text/html,application/xhtml+xml",
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
  "sec-fetch-site": "none",
};

/** Sends bytes as they are and answers all that came back until the peer closed, or `quiet` ms of nothing. */
export function sendRaw(port: number, text: string, quiet = 400): Promise<string> {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text, "latin1"));
    let got = "";
    socket.setTimeout(quiet, () => socket.destroy());
    socket.on("data", (chunk) => {
      got += chunk.toString("latin1");
    });
    socket.on("error", () => {});
    socket.on("close", () => done(got));
  });
}

/** The headers that an application received, by lower-case name. */
export function received(request: IncomingMessage): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>();
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const name = (request.rawHeaders[at] ?? "").toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), request.rawHeaders[at + 1] ?? ""]);
  }
  return headers;
}
