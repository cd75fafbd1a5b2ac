import type { Begun, Trouble, Upstream } from "@postern/identity";
import type { AttemptView, FactorService, Problem, SignInService, SignInStep } from "@postern/service";
import { cookieOf } from "../enforcement/session-handle.ts";
import { type Exchange, goTo, readForm, showNotice } from "../people/exchange.ts";
import { PEOPLE_COOKIE, type PeopleSessions } from "../people/people-sessions.ts";
import type { Wiring } from "../wiring.ts";
import { type PendingUpstreams, pendingUpstreams } from "./pending.ts";

/** Where sign-ins at other identity providers begin and end; each provider has addresses of its own. */
const UPSTREAM = "/sign-in/upstream";
const FACTORS = "/me/factors";
const AGAIN = "/sign-in/next";

/** Seconds: how old a sign-in elsewhere may be where nobody asks for less (30 days, SP 800-63B-4 at AAL1). */
const OLDEST = 30 * 86_400;
/** Seconds: linking needs a sign-in there as fresh as the one here. */
const FRESH = 240;

export interface UpstreamRoute {
  readonly id: string;
  readonly act: "begin" | "callback" | "logout";
}

export function upstreamRouteOf(path: string): UpstreamRoute | null {
  const [, id, act] = /^\/sign-in\/upstream\/([a-z0-9-]{1,32})(?:\/(callback|logout))?$/.exec(path) ?? [];
  if (id === undefined) return null;
  return { id, act: act === "callback" || act === "logout" ? act : "begin" };
}

/** One way on, as the page to sign in shows it. */
export interface UpstreamWay {
  readonly name: string;
  readonly href: string;
}

/** What a sign-in elsewhere needs of the page to sign in. */
export interface Attempting {
  /** The attempt of this browser; null: it has none. */
  secretOf(exchange: Exchange): string | null;
  /** Whether it is what only a page that was shown in this attempt knows. */
  isKey(given: string | null, secret: string): boolean;
  over(exchange: Exchange): void;
  failed(view: AttemptView): void;
  /** Goes on as after any other proof. */
  goOn(exchange: Exchange, before: AttemptView, step: SignInStep): Promise<void>;
  refused(exchange: Exchange, secret: string, refusal: Problem, before: AttemptView): Promise<void>;
}

export interface UpstreamPages {
  /** Those that may bring this attempt further. */
  waysOf(view: AttemptView, key: string): readonly UpstreamWay[];
  read(exchange: Exchange, route: UpstreamRoute, attempting: Attempting): Promise<void>;
  /** Another provider says that its session has ended. It comes from a server and has no cookie. */
  loggedOut(exchange: Exchange, id: string): Promise<void>;
  /** Leads to a sign-in there, by which the account there is linked. What it needs here was checked. */
  link(exchange: Exchange, id: string): Promise<void>;
  /** Those that an account may be linked with. */
  all(): readonly Pick<Upstream, "id" | "name" | "issuer">[];
  /** Says that the person is signed out, and leads to signing out there where they came by it. */
  signedOut(exchange: Exchange, id: string | null): Promise<void>;
}

export function upstreamPages(
  { places, world, log, service }: Wiring,
  upstreams: readonly Upstream[],
  signIn: SignInService,
  factors: FactorService,
  visits: PeopleSessions,
): UpstreamPages {
  const pending: PendingUpstreams = pendingUpstreams(world);
  const find = (id: string): Upstream | null => upstreams.find((one) => one.id === id) ?? null;
  const callbackOf = ({ id }: Upstream): string => `${places.people()}${UPSTREAM}/${id}/callback`;
  const peopleCookie = ({ request }: Exchange): string | null =>
    cookieOf(request.headers.cookie, PEOPLE_COOKIE);

  const troubled = (exchange: Exchange, upstream: Upstream, trouble: Trouble, back: string): void => {
    const { upstream: m, again } = exchange.messages.signIn;
    const status = trouble === "declined" ? 403 : 502;
    showNotice(exchange, status, m.trouble[trouble](upstream.name), [{ href: back, label: again }]);
  };

  async function begin(exchange: Exchange, upstream: Upstream, to: Attempting): Promise<void> {
    const secret = to.secretOf(exchange);
    const view = secret === null ? null : signIn.find(secret);
    if (secret === null || view === null || !to.isKey(exchange.query.get("key"), secret))
      return to.over(exchange);
    const { target, maxAge, anew } = view;
    const begun = await upstream.begin({
      callback: callbackOf(upstream),
      wanted: target === "none" ? "aal1" : target,
      maxAge: maxAge === null ? OLDEST : Math.floor(maxAge / 1000),
      anew,
    });
    if (begun === null) return troubled(exchange, upstream, "down", AGAIN);
    pending.keep(upstream.id, "sign-in", secret, begun);
    goTo(exchange, begun.address);
  }

  async function arrive(exchange: Exchange, upstream: Upstream, to: Attempting): Promise<void> {
    const { query } = exchange;
    const found = pending.take(upstream.id, query.get("state"), (purpose) =>
      purpose === "link" ? peopleCookie(exchange) : to.secretOf(exchange),
    );
    if (found === null) return to.over(exchange);
    const { purpose, begun } = found;
    const visit = purpose === "link" ? visits.find(peopleCookie(exchange)) : null;
    const secret = to.secretOf(exchange);
    const view = purpose === "sign-in" && secret !== null ? signIn.find(secret) : null;
    if (visit === null && view === null) return to.over(exchange);
    const arrival = await upstream.arrive(begun, callbackOf(upstream), query);
    if (arrival.kind === "trouble") {
      if (view !== null) to.failed(view);
      if (arrival.trouble !== "declined")
        log.warn({ upstream: upstream.id, detail: arrival.detail }, "a sign-in elsewhere was not believed");
      return troubled(exchange, upstream, arrival.trouble, purpose === "link" ? FACTORS : AGAIN);
    }
    if (visit !== null) return linked(exchange, await factors.link(visit.session, arrival.given));
    if (secret === null || view === null) return to.over(exchange);
    const step = await signIn.upstream(secret, arrival.given);
    if (step.ok) return await to.goOn(exchange, view, step.value);
    const { code } = step.refusal;
    if (code !== "sign-in.unknown_upstream" && code !== "sign-in.wrong")
      return await to.refused(exchange, secret, step.refusal, view);
    to.failed(view);
    const { upstream: m, again } = exchange.messages.signIn;
    const told = code === "sign-in.wrong" ? m.another(upstream.name) : m.unknown(upstream.name);
    showNotice(exchange, 403, told, [{ href: AGAIN, label: again }]);
  }

  function linked(exchange: Exchange, done: Awaited<ReturnType<FactorService["link"]>>): void {
    if (done.ok) {
      goTo(exchange, FACTORS);
      return;
    }
    const { messages } = exchange;
    const back = [{ href: FACTORS, label: messages.factors.back }];
    switch (done.refusal.code) {
      case "factor.taken":
        showNotice(exchange, 409, messages.factors.linkedAlready, back);
        break;
      case "factor.fresh_sign_in":
        showNotice(exchange, 403, messages.factors.ended, back);
        break;
      case "factor.too_many":
        showNotice(exchange, 409, messages.factors.tooMany, back);
        break;
      default:
        showNotice(exchange, 503, messages.trouble.notNow, back);
    }
  }

  return {
    all: () => upstreams,
    waysOf: ({ ways, linked: issuers }, key) =>
      ways.includes("upstream")
        ? upstreams
            .filter(({ issuer }) => issuers === null || issuers.includes(issuer))
            .map(({ id, name }) => ({ name, href: `${UPSTREAM}/${id}?key=${key}` }))
        : [],
    async read(exchange, { id, act }, attempting) {
      const upstream = find(id);
      if (upstream === null || act === "logout")
        showNotice(exchange, 404, exchange.messages.trouble.notFound);
      else if (act === "begin") await begin(exchange, upstream, attempting);
      else await arrive(exchange, upstream, attempting);
    },
    async link(exchange, id) {
      const upstream = find(id);
      const cookie = peopleCookie(exchange);
      if (upstream === null || cookie === null)
        return showNotice(exchange, 404, exchange.messages.trouble.notFound);
      const begun: Begun | null = await upstream.begin({
        callback: callbackOf(upstream),
        wanted: "aal1",
        maxAge: FRESH,
        anew: true,
      });
      if (begun === null) return troubled(exchange, upstream, "down", FACTORS);
      pending.keep(upstream.id, "link", cookie, begun);
      const { factors: m } = exchange.messages;
      showNotice(exchange, 200, m.linkFirst(upstream.name), [
        { href: begun.address, label: m.linkGo(upstream.name) },
        { href: FACTORS, label: m.back },
      ]);
    },
    async loggedOut(exchange, id) {
      const upstream = find(id);
      const form = upstream === null ? null : await readForm(exchange);
      const token = typeof form === "string" || form === null ? "" : (form.get("logout_token") ?? "");
      const said = upstream === null || token === "" ? null : await upstream.loggedOut(token);
      // A session that another node has just opened is one that ends, too.
      if (said !== null) await service.node.fresh();
      const done = said === null ? null : await signIn.upstreamEnded(said);
      // It is told again where ours could not be ended now (Back-Channel Logout 1.0 section 2.8).
      if (done?.ok === false) said?.forget();
      const status = done === null ? 400 : done.ok ? 200 : 503;
      exchange.response.writeHead(status, { "cache-control": "no-store", "content-length": "0" }).end();
    },
    async signedOut(exchange, id) {
      const { signIn: m } = exchange.messages;
      const here = { href: "/sign-in", label: m.heading };
      const upstream = id === null ? null : find(id);
      const place = upstream === null ? null : await upstream.signOut(`${places.people()}/sign-in/done`);
      if (upstream === null || place === null) return showNotice(exchange, 200, m.signedOut, [here]);
      showNotice(exchange, 200, m.upstream.stillThere(upstream.name), [
        { href: place, label: m.upstream.signOut(upstream.name) },
        here,
      ]);
    },
  };
}
