import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isId } from "@postern/core";
import type { Client, Upstream } from "@postern/identity";
import { cookieOf } from "../enforcement/session-handle.ts";
import { hostCookie } from "../gateway/cookies.ts";
import { isSameOrigin } from "../gateway/navigation.ts";
import { ownPath } from "../gateway/own-routes.ts";
import { signInHere } from "../gateway/sign-in.ts";
import { refuseUnparsed } from "../gateway/unparsed.ts";
import { createOpenid, OPENID } from "../openid/openid.ts";
import { recoveryPages } from "../recovery/recovery.ts";
import { noteActivity } from "../session/activity.ts";
import type { EntryCodes } from "../sign-in/entry.ts";
import { signInPages } from "../sign-in/sign-in.ts";
import { upstreamPages, upstreamRouteOf } from "../upstream/pages.ts";
import type { Wiring } from "../wiring.ts";
import { acceptOffer, consent, renew, turnOn } from "./acts.ts";
import {
  type AddressRoute,
  addressRouteOf,
  changeAddress,
  mayReadOutbox,
  OUTBOX,
  showAddress,
  showOutbox,
} from "./address.ts";
import { type ChallengeRoute, challengeRouteOf, changeChallenge, showChallenges } from "./challenges.ts";
import {
  changeDevice,
  DEVICE_REFRESH,
  type DeviceRoute,
  deviceRouteOf,
  refreshDevice,
  showDevices,
} from "./devices.ts";
import { createExchange, type Exchange, goTo, HOME, readForm, showNotice } from "./exchange.ts";
import {
  changeFactor,
  confirmFirst,
  enrolFactor,
  type FactorRoute,
  factorRouteOf,
  showFactors,
} from "./factors.ts";
import { markRead, showInbox } from "./inbox.ts";
import { challengeOf, type LinkCodes } from "./link-codes.ts";
import {
  BROWSER_COOKIE,
  createPeopleSessions,
  isSecret,
  PEOPLE_COOKIE,
  type Visit,
} from "./people-sessions.ts";
import { changeSession, type SessionRoute, sessionRouteOf, showDisowned, showSessions } from "./sessions.ts";
import { sendReceipt, showDone, showList, showOffer, showOptOut } from "./show.ts";
import { sayShared, showTimeOut, type TimeOutRoute, timed, timeOutRouteOf } from "./time-out.ts";
import { INBOX } from "./view.ts";

/** How long a browser may take from asking for a link to following it, in seconds. */
const BROWSER_SECONDS = 600;

/** The people's pages. Not listening yet. */
export function createPeople(
  wiring: Wiring,
  links: LinkCodes,
  entries: EntryCodes,
  clients: readonly Client[],
  upstreams: readonly Upstream[],
): Server {
  const { service, world, log, places } = wiring;
  const visits = createPeopleSessions(service, world);

  const { signIn, factors, devices, address } = service;
  const openid = signIn === null ? null : createOpenid(wiring, clients, visits);
  const elsewhere =
    signIn === null || factors === null ? null : upstreamPages(wiring, upstreams, signIn, factors, visits);
  const pages =
    signIn === null || elsewhere === null
      ? null
      : signInPages(wiring, signIn, visits, entries, openid, elsewhere, (exchange, path) =>
          askForLink(exchange, path, false),
        );

  const back = service.recovery === null ? null : recoveryPages(wiring, service.recovery, visits);

  const visitOf = ({ request }: Exchange): Visit | null => {
    const visit = visits.find(cookieOf(request.headers.cookie, PEOPLE_COOKIE));
    noteActivity(request.headers, visit?.session ?? null, null, service);
    return visit;
  };

  /** Sends the browser to fetch a link from the gateway, where its session lives. */
  const askForLink = (exchange: Exchange, path: string, confirm: boolean): void => {
    const gateway = places.gateway();
    const { trouble } = exchange.messages;
    if (gateway === null && signIn !== null) {
      goTo(exchange, signInHere("", path, confirm));
      return;
    }
    if (gateway === null) {
      showNotice(exchange, 401, trouble.signInFirst, []);
      return;
    }
    const known = cookieOf(exchange.request.headers.cookie, BROWSER_COOKIE);
    const secret = isSecret(known) ? known : Buffer.from(world.random(32)).toString("base64url");
    const query = new URLSearchParams({ challenge: challengeOf(secret), return: path });
    if (confirm) query.set("confirm", "1");
    goTo(exchange, `${gateway}/.postern/link?${query}`, [
      hostCookie(BROWSER_COOKIE, secret, BROWSER_SECONDS),
    ]);
  };

  /** Follows a link: once, within its minute, in the browser that asked for it. */
  const enter = (exchange: Exchange): void => {
    const { trouble } = exchange.messages;
    const secret = cookieOf(exchange.request.headers.cookie, BROWSER_COOKIE);
    const target = links.redeem(exchange.query.get("code") ?? "", secret);
    if (typeof target === "string") {
      if (target === "spent") showNotice(exchange, 410, trouble.linkSpent);
      else showNotice(exchange, 403, trouble.linkOtherBrowser);
      return;
    }
    const opened = visits.open(target.session);
    if (visits.find(opened) === null) showNotice(exchange, 401, trouble.linkEnded);
    else
      goTo(exchange, target.path, [
        hostCookie(PEOPLE_COOKIE, opened, null),
        hostCookie(BROWSER_COOKIE, "", 0),
      ]);
  };

  const read = async (exchange: Exchange): Promise<void> => {
    const { path, query, request } = exchange;
    if (path === "/" || path === "/me") return goTo(exchange, HOME);
    if (path === "/me/enter") return enter(exchange);
    if (path === "/me/confirm") {
      const to = ownPath(query.get("return") ?? HOME) ?? HOME;
      const known = visitOf(exchange);
      if (known !== null && known.session.methods !== undefined && factors !== null)
        return goTo(exchange, confirmFirst(factors, known, to));
      return askForLink(exchange, to, true);
    }
    if (path === OUTBOX && mayReadOutbox(request, wiring)) return showOutbox(exchange, wiring);
    if (pages !== null && (await pages.read(exchange))) return;
    if (back !== null && (await back.read(exchange))) return;
    const route = routeOf(path);
    if (route === null) return showNotice(exchange, 404, exchange.messages.trouble.notFound);
    if (
      [
        "act",
        "read",
        "factor-act",
        "device-act",
        "address-act",
        "challenge-act",
        "session-act",
        "time-out-act",
      ].includes(route.kind)
    )
      return refuseMethod(exchange, "POST");
    const visit = visitOf(exchange);
    if (visit === null) return askForLink(exchange, ownPath(request.url ?? HOME) ?? HOME, false);
    const showing = { exchange: timed(exchange, visit, wiring), visit, wiring };
    switch (route.kind) {
      case "list":
        return await showList(showing);
      case "offer":
        return await showOffer(showing, route.name, {
          length: query.get("length") ?? "",
          where: query.get("where") ?? "",
        });
      case "opt-out":
        return await showOptOut(showing, route.id);
      case "done":
        return await showDone(showing, route.id);
      case "sessions":
        return route.page === "list" ? await showSessions(showing) : await showDisowned(showing);
      case "time-out":
        return await showTimeOut(showing);
      case "inbox":
        return await showInbox(showing);
      case "challenges":
        return await showChallenges(showing, route.page);
      case "receipt":
        return await sendReceipt(showing, route.id);
      case "factors":
        if (factors === null) return showNotice(exchange, 404, exchange.messages.trouble.notFound);
        return await showFactors(showing, factors, elsewhere, route.page);
      case "address":
        if (address === null || factors === null)
          return showNotice(exchange, 404, exchange.messages.trouble.notFound);
        return showAddress(showing, address, factors);
      case "devices":
        if (devices === null) return showNotice(exchange, 404, exchange.messages.trouble.notFound);
        return showDevices(showing, devices);
      default:
        return;
    }
  };

  const write = async (exchange: Exchange): Promise<void> => {
    const { path, request, messages } = exchange;
    const { trouble } = messages;
    const host = request.headers.host ?? "";
    if (!isSameOrigin(request, [places.people(), `http://${host}`, `https://${host}`])) {
      return showNotice(exchange, 403, trouble.formElsewhere);
    }
    if (path === DEVICE_REFRESH && devices !== null)
      return await refreshDevice(exchange, visitOf(exchange), devices);
    if (pages !== null && (await pages.write(exchange))) return;
    if (back !== null && (await back.write(exchange))) return;
    const route = routeOf(path);
    if (route === null) return showNotice(exchange, 404, trouble.notFound);
    const enrols = route.kind === "factors" && route.page !== "list";
    const acts = route.kind === "act" || route.kind === "offer" || route.kind === "read";
    if (
      !acts &&
      !enrols &&
      route.kind !== "factor-act" &&
      route.kind !== "device-act" &&
      route.kind !== "address-act" &&
      route.kind !== "challenge-act" &&
      route.kind !== "session-act" &&
      route.kind !== "time-out-act"
    )
      return refuseMethod(exchange, "GET, HEAD");
    const visit = visitOf(exchange);
    if (visit === null) return showNotice(exchange, 401, trouble.linkEnded);
    const form = await readForm(exchange);
    if (form === "too-large") return showNotice(exchange, 413, trouble.tooLarge);
    if (form === "unreadable") return showNotice(exchange, 400, trouble.formUnreadable);
    if (!visit.spend(form.get("nonce") ?? "", path)) return showNotice(exchange, 409, trouble.formUsed);
    const again = (): string => visits.reopen(visit.session.id);
    const acting = { exchange: timed(exchange, visit, wiring), visit, wiring, form, again };
    if (route.kind === "session-act") return await changeSession(acting, route);
    if (route.kind === "time-out-act") return await sayShared(acting, route.shared);
    if (route.kind === "offer") return await acceptOffer(acting, route.name);
    if (route.kind === "read") return await markRead(acting, route.id);
    if (route.kind === "challenge-act") return await changeChallenge(acting, route);
    if (route.kind === "address-act") {
      if (address === null || factors === null) return showNotice(exchange, 404, trouble.notFound);
      return await changeAddress(acting, address, factors, route.act);
    }
    if (route.kind === "device-act") {
      if (devices === null) return showNotice(exchange, 404, trouble.notFound);
      return await changeDevice(acting, devices, route);
    }
    if (route.kind === "factors" || route.kind === "factor-act") {
      if (factors === null) return showNotice(exchange, 404, trouble.notFound);
      if (route.kind === "factor-act") return await changeFactor(acting, factors, elsewhere, route);
      return route.page === "list"
        ? refuseMethod(exchange, "GET, HEAD")
        : await enrolFactor(acting, factors, elsewhere, route.page);
    }
    if (route.kind !== "act") return refuseMethod(exchange, "GET, HEAD");
    const { act, id } = route;
    switch (act) {
      case "consent":
        return await consent(acting, id);
      case "turn-on":
        return await turnOn(acting, id);
      case "renew":
        return await renew(acting, id);
      default:
        return act satisfies never;
    }
  };

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const exchange = createExchange(request, response, wiring);
    if (exchange === null) {
      response.writeHead(400, { connection: "close" }).end();
      return;
    }
    const { method } = request;
    const told = method === "POST" ? upstreamRouteOf(exchange.path) : null;
    const answering =
      told?.act === "logout" && elsewhere !== null
        ? elsewhere.loggedOut(exchange, told.id)
        : openid !== null && exchange.path.startsWith(`${OPENID}/`)
          ? openid.handle(exchange)
          : method === "GET" || method === "HEAD"
            ? read(exchange)
            : method === "POST"
              ? write(exchange)
              : Promise.resolve(refuseMethod(exchange, "GET, HEAD, POST"));
    answering.catch((error: unknown) => {
      log.error({ error: error instanceof Error ? error.name : "unknown" }, "a page could not be shown");
      showNotice(exchange, 503, exchange.messages.trouble.notNow);
    });
  };

  const server = createServer(
    { insecureHTTPParser: false, maxHeaderSize: 16_384, headersTimeout: 20_000, requestTimeout: 30_000 },
    serve,
  );
  server.on("clientError", refuseUnparsed);
  server.on("close", () => openid?.close());
  return server;
}

type Route =
  | FactorRoute
  | DeviceRoute
  | AddressRoute
  | SessionRoute
  | TimeOutRoute
  | ChallengeRoute
  | { readonly kind: "list" | "inbox" }
  /** One message, or all (null). */
  | { readonly kind: "read"; readonly id: string | null }
  | { readonly kind: "offer"; readonly name: string }
  | { readonly kind: "opt-out" | "done" | "receipt"; readonly id: string }
  | { readonly kind: "act"; readonly act: "consent" | "turn-on" | "renew"; readonly id: string };

function routeOf(path: string): Route | null {
  if (path === HOME || path === `${HOME}/`) return { kind: "list" };
  if (path === INBOX || path === `${INBOX}/`) return { kind: "inbox" };
  if (path === `${INBOX}/read`) return { kind: "read", id: null };
  const session = sessionRouteOf(path) ?? timeOutRouteOf(path);
  if (session !== null) return session;
  const address = addressRouteOf(path);
  if (address !== null) return address;
  const challenge = challengeRouteOf(path);
  if (challenge !== null) return challenge;
  const device = deviceRouteOf(path);
  if (device !== null) return device;
  const factor = factorRouteOf(path);
  if (factor !== null) return factor;
  const message = /^\/me\/inbox\/(msg_[0-9a-f]{40})\/read$/.exec(path)?.[1];
  if (message !== undefined) return { kind: "read", id: message };
  const [, id = "", last] =
    /^\/me\/protection\/(oo_[0-9a-z]{1,40}|offers)(?:\/([A-Za-z0-9._%-]{1,128}))?$/.exec(path) ?? [];
  if (id === "offers") {
    return last === undefined || !/^[A-Za-z0-9._-]+$/.test(last) ? null : { kind: "offer", name: last };
  }
  if (!isId("oo", id)) return null;
  switch (last) {
    case undefined:
      return { kind: "opt-out", id };
    case "done":
    case "receipt":
      return { kind: last, id };
    case "consent":
    case "turn-on":
    case "renew":
      return { kind: "act", act: last, id };
    default:
      return null;
  }
}

function refuseMethod(exchange: Exchange, allow: string): void {
  exchange.response.setHeader("allow", allow);
  showNotice(exchange, 405, exchange.messages.trouble.method);
}
