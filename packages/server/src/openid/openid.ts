import type { IncomingMessage } from "node:http";
import { type Session, type SubjectRef, standingOf } from "@postern/core";
import {
  type AskedByClient,
  type Client,
  type OpenidProvider,
  openidProvider,
  type ProviderSession,
} from "@postern/identity";
import { comingFrom } from "../client-data/seen.ts";
import { cookieOf } from "../enforcement/session-handle.ts";
import { clientOf } from "../gateway/client.ts";
import { type Exchange, goTo, showNotice } from "../people/exchange.ts";
import { PEOPLE_COOKIE, type PeopleSessions } from "../people/people-sessions.ts";
import { trustedProxies } from "../trusted-proxies.ts";
import type { Wiring } from "../wiring.ts";
import { beginnings } from "./beginnings.ts";
import { judgeSignIn } from "./judge.ts";
import { isOwnSpelling } from "./own-spelling.ts";
import { providerPages } from "./pages.ts";
import { userCodeGuesses } from "./user-codes.ts";

/** Where the OpenID Provider lives at the people's listener; its issuer ends so. */
export const OPENID = "/oidc";

/** Characters of a request's target; more is none of a client that means it. */
const LONGEST_TARGET = 8_192;
/** What is kept for a while for whoever asks, signed in or not. */
const BEGINS: ReadonlySet<string> = new Set(["/auth", "/request", "/device/auth", "/session/end"]);
const GUARDS: readonly (readonly [string, string])[] = [
  ["content-security-policy", "frame-ancestors 'none'"],
  ["x-frame-options", "DENY"],
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "no-referrer"],
];

/** The OpenID Provider as the people's pages need it. */
export interface Openid {
  handle(exchange: Exchange): Promise<void>;
  askedOf(exchange: Exchange): Promise<AskedByClient | null>;
  /** Where the request goes on; `session` null: the person did not. Null: the request is over. */
  goOn(exchange: Exchange, id: string, session: Session | null): Promise<string | null>;
  close(): void;
}

export function createOpenid(wiring: Wiring, clients: readonly Client[], visits: PeopleSessions): Openid {
  const { service, world, places, log } = wiring;
  const { sessions, node, artifacts } = service;
  const exchanges = new WeakMap<IncomingMessage, Exchange>();
  const guesses = userCodeGuesses(world);
  const begun = beginnings(world);
  const trusted = trustedProxies(wiring.config.trustedProxies);
  const networks = new WeakMap<IncomingMessage, string>();
  const pages = providerPages(
    (request) => {
      const exchange = exchanges.get(request);
      if (exchange === undefined) throw new TypeError("expected a request that came in here");
      return exchange;
    },
    ({ request }) => guesses.wrong(networks.get(request) ?? ""),
  );
  const now = () => service.accessRequests.now();

  const shown = (session: Session | null): ProviderSession | null => {
    if (session === null || session.methods === undefined || sessions.stateOf(session) !== "live")
      return null;
    if (sessions.isWithdrawn(session)) return null;
    const { acr, amr, authTime } = standingOf(session, now());
    if (acr === "none") return null;
    const { id, subject, expiresAt } = session;
    return { id, subject, acr, amr, authTime, expiresAt };
  };
  const own = (request: IncomingMessage): Session | null =>
    visits.find(cookieOf(request.headers.cookie, PEOPLE_COOKIE))?.session ?? null;

  let made: { readonly name: string; readonly provider: OpenidProvider } | null = null;
  /** Made anew where its address or its keys are others. */
  const provider = (): OpenidProvider => {
    const issuer = `${places.people()}${OPENID}`;
    const keys = node.openidKeys();
    const name = [issuer, places.control(), ...keys.map(({ kid }) => kid)].join(" ");
    if (made?.name === name) return made.provider;
    const fresh = openidProvider({
      issuer,
      keys,
      clients,
      controlPlane: places.control(),
      artifacts,
      sessions: {
        of: (request) => shown(own(request)),
        byId: (id) => shown(sessions.byId(id)),
        async end(id) {
          const session = sessions.byId(id);
          if (session === null) return true;
          return (await sessions.revoke({ kind: "session", session }, id)).ok;
        },
      },
      judge: (id, client, handle, browser) =>
        judgeSignIn(
          service,
          sessions.byId(id),
          client,
          handle,
          browser === undefined ? {} : comingFrom(browser, trusted),
        ),
      nameOf: (subject) => sessions.subjectName(subject as SubjectRef)?.id ?? null,
      now,
      after: (delay, run) => world.after(delay, run),
      pages,
      reused: (id) => service.signIn?.tokenReused(id),
      trouble: (detail) => log.warn({ detail }, "the OpenID Provider is in trouble"),
    });
    made = { name, provider: fresh };
    return fresh;
  };

  const stop = sessions.onRevoked((id) => {
    provider()
      .ended(id)
      .catch((error: unknown) =>
        log.error(
          { error: error instanceof Error ? error.name : "unknown" },
          "clients could not be told of a session's end",
        ),
      );
  });

  return {
    async handle(exchange) {
      const { request, response } = exchange;
      exchanges.set(request, exchange);
      const { url = "/" } = request;
      const { network } = clientOf(request, trusted, "http");
      networks.set(request, network);
      const [path = ""] = url.split("?");
      if (!isOwnSpelling(path.slice(OPENID.length) || "/") || url.length > LONGEST_TARGET)
        return showNotice(exchange, 404, exchange.messages.trouble.notFound);
      if (BEGINS.has(path.slice(OPENID.length)) && !begun.mayBegin(network)) {
        exchange.response.setHeader("retry-after", "60");
        return showNotice(exchange, 429, exchange.messages.trouble.tooMany);
      }
      if (path === `${OPENID}/device`) {
        if (request.method === "POST" && !guesses.mayTry(network))
          return showNotice(exchange, 429, exchange.messages.signIn.device.tooOften);
        // A code is typed from the device: a link that brings one along is how people are lured.
        if (path !== url) return goTo(exchange, path);
      }
      // What the provider's library answers by itself is guarded as our own pages are.
      for (const [name, value] of GUARDS) response.setHeader(name, value);
      Object.assign(request, { originalUrl: url });
      request.url = url.slice(OPENID.length) || "/";
      // DANGER: the provider builds addresses of these. They are ours, whatever the request says of itself.
      const { host, protocol } = new URL(places.people());
      request.headers.host = host;
      request.headers["x-forwarded-proto"] = protocol.slice(0, -1);
      delete request.headers["x-forwarded-host"];
      delete request.headers["x-forwarded-for"];
      await provider().handle(request, response);
    },
    askedOf: ({ request, response }) => provider().askedOf(request, response),
    goOn: ({ request, response }, id, session) =>
      provider().goOn(request, response, id, session === null ? null : shown(session)),
    close: stop,
  };
}
