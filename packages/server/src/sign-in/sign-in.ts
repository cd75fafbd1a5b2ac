import { createHash } from "node:crypto";
import { type DeviceAsked, invitationPage, type SignInWay, signInPage } from "@postern/console";
import type { Session } from "@postern/core";
import type { AttemptView, Problem, SignedIn, SignInService, SignInStep } from "@postern/service";
import { comingFrom } from "../client-data/seen.ts";
import { cookieOf } from "../enforcement/session-handle.ts";
import { hostCookie } from "../gateway/cookies.ts";
import { parkedFormOf } from "../gateway/park-form.ts";
import { OWN_ENTRANCE } from "../gateway/sign-in.ts";
import { STEPPED_UP } from "../gateway/step-up.ts";
import type { Openid } from "../openid/openid.ts";
import { type Exchange, goTo, HOME, readForm, showNotice, showPage } from "../people/exchange.ts";
import { isSecret, PEOPLE_COOKIE, type PeopleSessions } from "../people/people-sessions.ts";
import { RECOVERY } from "../recovery/show.ts";
import { trustedProxies } from "../trusted-proxies.ts";
import { type Attempting, type UpstreamPages, upstreamRouteOf } from "../upstream/pages.ts";
import type { Wiring } from "../wiring.ts";
import { askedOf, says } from "./asked.ts";
import { type Carried, carried, carry } from "./carry.ts";
import type { EntryCodes } from "./entry.ts";
import { aimForClient } from "./for-client.ts";
import { jsonOf, KNOWN_COOKIE, nonceOf, sameNonce, weaknessOf } from "./form.ts";

export const SIGN_IN = "/sign-in";
/** One attempt in one browser. */
const ATTEMPT_COOKIE = "__Host-postern-sign-in";
const ATTEMPT_SECONDS = 600;
const KNOWN_SECONDS = 180 * 86_400;
/** Straight ways back, without a page, that one visit may take within this time. */
const STRAIGHT = 5;
const STRAIGHT_MS = 20_000;

const WAYS: Readonly<Record<string, SignInWay>> = {
  [`${SIGN_IN}/password`]: "password",
  [`${SIGN_IN}/code`]: "totp",
  [`${SIGN_IN}/recovery`]: "recovery-code",
  [`${SIGN_IN}/passkey`]: "passkey",
};
const PATHS: Readonly<Record<SignInWay | "cancel", string>> = {
  password: `${SIGN_IN}/password`,
  totp: `${SIGN_IN}/code`,
  "recovery-code": `${SIGN_IN}/recovery`,
  passkey: `${SIGN_IN}/passkey`,
  cancel: `${SIGN_IN}/cancel`,
};

const DEVICE = `${SIGN_IN}/device`;
/** A proof that was just given and did not help is not asked for again at once. */
const PROVED_MS = 30_000;

export interface SignInPages {
  /** False: the path is none of these pages. */
  read(exchange: Exchange): Promise<boolean>;
  /** The request comes from a page of this very origin; that was checked. */
  write(exchange: Exchange): Promise<boolean>;
}

/** The pages of Postern's own sign-in. `link` leads by way of the gateway, where somebody is signed in. */
export function signInPages(
  wiring: Wiring,
  signIn: SignInService,
  visits: PeopleSessions,
  entries: EntryCodes,
  /** Null: no client signs people in here. */
  openid: Openid | null,
  upstreams: UpstreamPages,
  link: (exchange: Exchange, path: string) => void,
): SignInPages {
  const { service, world, config, places, metrics, returns } = wiring;
  const { devices } = service;
  const trusted = trustedProxies(config.trustedProxies);
  const straight = new Map<string, { count: number; until: number }>();
  signIn.onAbandoned((text) => metrics.prompted(carried(text).prompt, "abandoned"));

  const proofs = new Map<string, number>();

  const secretOf = ({ request }: Exchange): string | null => {
    const secret = cookieOf(request.headers.cookie, ATTEMPT_COOKIE);
    return isSecret(secret) ? secret : null;
  };
  const noMore = hostCookie(ATTEMPT_COOKIE, "", 0);

  async function begin(exchange: Exchange): Promise<void> {
    const { query, request } = exchange;
    const asked = askedOf(query, returns);
    const old = secretOf(exchange);
    if (old !== null) signIn.end(old);
    const visit = visits.find(cookieOf(request.headers.cookie, PEOPLE_COOKIE));
    const own = visit !== null && visit.session.methods !== undefined ? visit.session : null;
    if (openid !== null && query.has("interaction")) return await beginForClient(exchange, openid, own);
    if (own === null && query.get("signed_in") === "1" && places.gateway() !== null) {
      query.delete("signed_in");
      return link(exchange, `${SIGN_IN}?${query}`);
    }
    if (own !== null && !asked.stepUp && !asked.anew && says(own, asked, service.accessRequests.now())) {
      const { back } = asked.carried;
      if (back.kind !== "gateway") return goTo(exchange, back.kind === "people" ? back.path : HOME);
      if (!goesStraight(own.id)) return showNotice(exchange, 409, exchange.messages.signIn.tooOften);
      // DANGER: a link may lead another person here than the one it was made for. The handle changes only where the
      // browser that asked comes back.
      return goTo(exchange, wayTo(back, own.id, {}));
    }
    const { client, network } = comingFrom(request, trusted);
    const known = cookieOf(request.headers.cookie, KNOWN_COOKIE);
    const { wanted, maxAge, anew } = asked;
    const secret = signIn.begin(
      { wanted, maxAge, anew, network, client, known, carry: carry(asked.carried) },
      own,
    );
    const device = own === null || asked.carried.back.kind !== "gateway" ? null : deviceAsked(own, secret);
    await show(exchange, secret, null, [hostCookie(ATTEMPT_COOKIE, secret, ATTEMPT_SECONDS)], device);
  }

  /** Where the person has a device that they trust, this browser may be it: then it proves that instead of asking them. */
  function deviceAsked(own: Session, secret: string): DeviceAsked | null {
    const now = world.monotonic();
    for (const [key, at] of proofs) if (now - at >= PROVED_MS) proofs.delete(key);
    if (devices === null || proofs.has(own.id) || !devices.mayProve(own)) return null;
    return {
      key: { action: DEVICE, nonce: nonceOf(secret) },
      account: accountOf(own),
      challenge: devices.challenge(own, "proof"),
    };
  }

  async function proveDevice(
    exchange: Exchange,
    secret: string,
    form: ReadonlyMap<string, string>,
  ): Promise<void> {
    const view = signIn.find(secret);
    const visit = visits.find(cookieOf(exchange.request.headers.cookie, PEOPLE_COOKIE));
    if (view === null || visit === null || devices === null) return over(exchange);
    const { session } = visit;
    proofs.set(session.id, world.monotonic());
    const proved = await devices.prove(session, form.get("proof") ?? "");
    const { back } = carried(view.carry);
    // What does not help is asked of the person.
    if (!proved.ok || back.kind !== "gateway") return await show(exchange, secret, null);
    const { cookie } = proved.value;
    signIn.end(secret);
    // A proof is no rise: the handle that the gateway has stays as it is.
    goTo(exchange, wayTo(back, session.id, { device: cookie }), [noMore]);
  }

  /** A client asks for a sign-in, or for more of it. What the account cannot reach, the provider answers. */
  async function beginForClient(exchange: Exchange, to: Openid, own: Session | null): Promise<void> {
    const { request } = exchange;
    const found = await to.askedOf(exchange);
    if (found === null) return over(exchange);
    const aim = {
      ...aimForClient(found, own !== null),
      ...comingFrom(request, trusted),
      known: cookieOf(request.headers.cookie, KNOWN_COOKIE),
    };
    let secret = signIn.begin(aim, own);
    if (own !== null && signIn.find(secret)?.reachable === false) {
      signIn.end(secret);
      if (!aim.anew) return await backToClient(exchange, to, found.id, own);
      secret = signIn.begin({ ...aim, wanted: "aal1" }, own);
    }
    await show(exchange, secret, null, [hostCookie(ATTEMPT_COOKIE, secret, ATTEMPT_SECONDS)]);
  }

  async function backToClient(
    exchange: Exchange,
    to: Openid | null,
    id: string,
    session: Session | null,
    cookies: readonly string[] = [],
  ): Promise<void> {
    const address = to === null ? null : await to.goOn(exchange, id, session);
    if (address === null) over(exchange, cookies);
    else goTo(exchange, address, cookies);
  }

  /** A browser that loses the gateway's cookie would be sent to and fro for ever. */
  function goesStraight(id: string): boolean {
    const now = world.monotonic();
    for (const [key, { until }] of straight) if (now >= until) straight.delete(key);
    const known = straight.get(id) ?? { count: 0, until: now + STRAIGHT_MS };
    known.count += 1;
    straight.set(id, known);
    return known.count <= STRAIGHT;
  }

  function wayTo(
    { path, challenge }: Extract<Carried["back"], { readonly kind: "gateway" }>,
    session: Session["id"],
    { secret = null, device = null }: { readonly secret?: string | null; readonly device?: string | null },
  ): string {
    const code = entries.mint(challenge, { session, secret, device, path });
    return `${places.gateway() ?? ""}${OWN_ENTRANCE}?code=${code}`;
  }

  async function show(
    exchange: Exchange,
    secret: string,
    failed: "wrong" | "slowed" | "busy" | null,
    cookies: readonly string[] = [],
    device: DeviceAsked | null = null,
  ): Promise<void> {
    const view = signIn.find(secret);
    if (view === null) return over(exchange);
    const { why, back } = carried(view.carry);
    if (!view.reachable && view.purpose === "step-up") return unreachable(exchange, view);
    const request = view.ways.includes("passkey") ? await signIn.passkeyRequest(secret) : null;
    const passkey = request?.ok === true ? request.value : null;
    const page = signInPage(exchange.shell, {
      purpose: view.purpose,
      why,
      name: view.name,
      ways: view.ways.filter((way) => way !== "upstream"),
      failed,
      passkey,
      elsewhere: upstreams.waysOf(view, nonceOf(secret)),
      asksShared: view.asksShared,
      device,
      recovery: service.recovery === null || view.purpose !== "sign-in" ? null : RECOVERY,
      form: (way) => ({ action: PATHS[way], nonce: nonceOf(secret) }),
    });
    const status = failed === null ? 200 : failed === "wrong" ? 401 : failed === "slowed" ? 429 : 503;
    const gateway = places.gateway();
    const leadsTo = back.kind === "client" ? back.origin : gateway === null ? null : new URL(gateway).origin;
    showPage(exchange, status, page, { cookies, script: passkey !== null || device !== null, leadsTo });
  }

  function over(exchange: Exchange, cookies: readonly string[] = []): void {
    const again = { href: SIGN_IN, label: exchange.messages.signIn.again };
    showNotice(exchange, 410, exchange.messages.signIn.over, [again], cookies);
  }

  function unreachable(exchange: Exchange, view: AttemptView): void {
    const { signIn: m } = exchange.messages;
    metrics.prompted(carried(view.carry).prompt, "failed");
    showNotice(exchange, 403, m.unreachable, [
      { href: "/me/factors", label: m.addWay },
      { href: originOf(carried(view.carry)), label: m.goneBack },
    ]);
  }

  /** Where somebody was before: never the page that asked, which would ask again. */
  function originOf({ back }: Carried): string {
    switch (back.kind) {
      case "gateway":
        return `${places.gateway() ?? ""}${placeBefore(back.path)}`;
      case "client":
        return HOME;
      case "people":
        return back.path;
      default:
        return back satisfies never;
    }
  }

  async function arrive(exchange: Exchange, signedIn: SignedIn, back: Carried["back"]): Promise<void> {
    // The cookie of before a rise is worth nothing after it.
    visits.close(cookieOf(exchange.request.headers.cookie, PEOPLE_COOKIE));
    const { session, secret, known } = signedIn;
    const cookies = [
      hostCookie(PEOPLE_COOKIE, visits.open(session.id), null),
      noMore,
      ...(known === null ? [] : [hostCookie(KNOWN_COOKIE, known, KNOWN_SECONDS)]),
    ];
    if (back.kind === "client") return await backToClient(exchange, openid, back.request, session, cookies);
    goTo(exchange, back.kind === "people" ? back.path : wayTo(back, session.id, { secret }), cookies);
  }

  async function prove(
    exchange: Exchange,
    secret: string,
    way: SignInWay,
    form: ReadonlyMap<string, string>,
  ): Promise<void> {
    const before = signIn.find(secret);
    if (before === null) return over(exchange);
    if (form.get("asks_shared") === "1") signIn.saysShared(secret, (form.get("shared") ?? "") !== "");
    const step = await proven(secret, way, form);
    if (!step.ok) return await refused(exchange, secret, step.refusal, before);
    await goOn(exchange, before, step.value);
  }

  async function goOn(exchange: Exchange, before: AttemptView, step: SignInStep): Promise<void> {
    if (step.kind === "more") return goTo(exchange, `${SIGN_IN}/next`);
    const { signedIn } = step;
    const { back, prompt } = carried(step.carry);
    // Who signed in with less than was asked for goes where more can be had, not back to be asked again.
    const short = !says(
      signedIn.session,
      { wanted: before.target, maxAge: before.maxAge },
      service.accessRequests.now(),
    );
    metrics.prompted(prompt, short ? "failed" : "met");
    // A client is told by the provider what it does not get.
    const there: Carried["back"] =
      short && back.kind !== "client" ? { kind: "people", path: "/me/factors" } : back;
    await arrive(exchange, signedIn, there);
  }

  const attempting: Attempting = {
    secretOf,
    isKey: (given, secret) => sameNonce(given ?? undefined, secret),
    over: (exchange) => over(exchange),
    failed: (view) => metrics.prompted(carried(view.carry).prompt, "failed"),
    goOn,
    refused,
  };

  async function proven(
    secret: string,
    way: SignInWay,
    form: ReadonlyMap<string, string>,
  ): Promise<
    { readonly ok: true; readonly value: SignInStep } | { readonly ok: false; readonly refusal: Problem }
  > {
    const text = (name: string): string => form.get(name) ?? "";
    switch (way) {
      case "password":
        return await signIn.password(secret, { name: text("name"), password: text("password") });
      case "totp":
        return await signIn.code(secret, text("code"));
      case "recovery-code":
        return await signIn.recoveryCode(secret, text("code"));
      case "passkey":
        return await signIn.passkey(secret, jsonOf(text("response")));
      default:
        return way satisfies never;
    }
  }

  async function refused(
    exchange: Exchange,
    secret: string,
    { code }: Problem,
    view: AttemptView,
  ): Promise<void> {
    switch (code) {
      case "sign-in.wrong":
        metrics.prompted(carried(view.carry).prompt, "failed");
        return await show(exchange, secret, "wrong");
      case "sign-in.throttled":
        return await show(exchange, secret, "slowed");
      case "sign-in.ended":
      case "session.ended":
        return over(exchange);
      default:
        return await show(exchange, secret, "busy");
    }
  }

  async function cancel(exchange: Exchange, secret: string): Promise<void> {
    const view = signIn.find(secret);
    signIn.end(secret);
    const { signIn: m } = exchange.messages;
    if (view === null) {
      over(exchange);
      return;
    }
    const to = carried(view.carry);
    metrics.prompted(to.prompt, "cancelled");
    const form = to.back.kind === "gateway" ? parkedFormOf(to.back.path) : null;
    if (form !== null && (await service.parkedForms.discard(form.id))) metrics.parkedForm("discarded");
    if (to.back.kind === "client")
      return await backToClient(exchange, openid, to.back.request, null, [noMore]);
    if (to.back.kind === "gateway" && to.back.path.startsWith(`${STEPPED_UP}?`))
      return goTo(exchange, originOf(to), [noMore]);
    showNotice(exchange, 200, form === null ? m.cancelled : m.cancelledForm, [
      {
        href: to.back.kind === "gateway" ? originOf(to) : SIGN_IN,
        label: to.back.kind === "gateway" ? m.goneBack : m.again,
      },
    ]);
  }

  function showInvitation(
    exchange: Exchange,
    secret: string,
    weak: "too-short" | "too-long" | "common" | null,
    status = 200,
  ): void {
    const name = service.factors?.invited(secret) ?? null;
    if (name === null) {
      showNotice(exchange, 410, exchange.messages.signIn.notInvited, []);
      return;
    }
    const key = { action: `${SIGN_IN}/invitation`, nonce: nonceOf(secret) };
    showPage(exchange, status, invitationPage(exchange.shell, { name: name.id, secret, key, weak }));
  }

  async function acceptInvitation(exchange: Exchange, form: ReadonlyMap<string, string>): Promise<void> {
    const secret = form.get("invitation") ?? "";
    if (service.factors === null || !isSecret(secret) || !sameNonce(form.get("nonce"), secret))
      return showNotice(exchange, 409, exchange.messages.trouble.formUsed);
    const accepted = await service.factors.acceptInvitation(secret, { password: form.get("password") ?? "" });
    if (accepted.ok) return await arrive(exchange, accepted.value, { kind: "people", path: "/me/factors" });
    const { code, detail } = accepted.refusal;
    if (code === "factor.password") return showInvitation(exchange, secret, weaknessOf(detail), 422);
    if (code === "account.invitation")
      return showNotice(exchange, 410, exchange.messages.signIn.notInvited, []);
    showNotice(exchange, 503, exchange.messages.trouble.notNow);
  }

  return {
    async read(exchange) {
      const { path } = exchange;
      const elsewhere = upstreamRouteOf(path);
      if (path === SIGN_IN || path === `${SIGN_IN}/`) await begin(exchange);
      else if (path === `${SIGN_IN}/next`) {
        const secret = secretOf(exchange);
        if (secret === null) over(exchange);
        else await show(exchange, secret, null);
      } else if (path === `${SIGN_IN}/done`) await upstreams.signedOut(exchange, exchange.query.get("from"));
      else if (path === `${SIGN_IN}/invitation`)
        showInvitation(exchange, exchange.query.get("code") ?? "", null);
      else if (elsewhere !== null) await upstreams.read(exchange, elsewhere, attempting);
      // A page that was reloaded after its form was sent.
      else if (WAYS[path] !== undefined || path === PATHS.cancel || path === DEVICE)
        goTo(exchange, `${SIGN_IN}/next`);
      else return false;
      return true;
    },
    async write(exchange) {
      const { path, messages } = exchange;
      const way = WAYS[path];
      const proves = path === DEVICE;
      if (way === undefined && !proves && path !== PATHS.cancel && path !== `${SIGN_IN}/invitation`)
        return false;
      const form = await readForm(exchange);
      if (form === "too-large") showNotice(exchange, 413, messages.trouble.tooLarge);
      else if (form === "unreadable") showNotice(exchange, 400, messages.trouble.formUnreadable);
      else if (path === `${SIGN_IN}/invitation`) await acceptInvitation(exchange, form);
      else {
        const secret = secretOf(exchange);
        // The form was made for this browser's own attempt: nobody signs another person in.
        if (secret === null || !sameNonce(form.get("nonce"), secret)) over(exchange);
        else if (proves) await proveDevice(exchange, secret, form);
        else if (way === undefined) await cancel(exchange, secret);
        else await prove(exchange, secret, way, form);
      }
      return true;
    },
  };
}

/** Where somebody was whose way back leads to a form that waits, or to the end of a small window. */
function placeBefore(path: string): string {
  if (path.startsWith(`${STEPPED_UP}?`)) return `${path}&outcome=cancelled`;
  return parkedFormOf(path)?.from ?? "/";
}

/** Tells the keys of several people in one browser apart, and says nothing of who they are. */
export function accountOf({ subject }: Session): string {
  return createHash("sha256").update(`device of ${subject}`).digest("base64url").slice(0, 22);
}
