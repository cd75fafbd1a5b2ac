import type { Problem, Recovered, RecoveryService, RecoveryView } from "@postern/service";
import { cookieOf } from "../enforcement/session-handle.ts";
import { clientOf } from "../gateway/client.ts";
import { hostCookie } from "../gateway/cookies.ts";
import { type Exchange, goTo, readForm, showNotice } from "../people/exchange.ts";
import { PEOPLE_COOKIE, type PeopleSessions } from "../people/people-sessions.ts";
import { jsonOf, KNOWN_COOKIE, sameNonce } from "../sign-in/form.ts";
import { trustedProxies } from "../trusted-proxies.ts";
import type { Wiring } from "../wiring.ts";
import {
  DONE,
  type Enrolling,
  NEXT,
  PROMPT,
  RECOVERY,
  RECOVERY_COOKIE,
  recoveryShowing,
  SECONDS,
} from "./show.ts";

const SIGN_IN = "/sign-in?to=%2Fme%2Ffactors";
type Act = "ask" | "mail" | "second" | "choose" | "enrol" | "end";

interface Route {
  readonly act: Act;
  readonly way?: "password" | "totp" | "recovery-code" | "passkey";
}

const ROUTES: Readonly<Record<string, Route>> = {
  [RECOVERY]: { act: "ask" },
  [`${RECOVERY}/mail`]: { act: "mail" },
  [`${RECOVERY}/password`]: { act: "second", way: "password" },
  [`${RECOVERY}/totp`]: { act: "second", way: "totp" },
  [`${RECOVERY}/recovery-code`]: { act: "second", way: "recovery-code" },
  [`${RECOVERY}/passkey`]: { act: "second", way: "passkey" },
  [`${RECOVERY}/choose`]: { act: "choose" },
  [`${RECOVERY}/new/password`]: { act: "enrol", way: "password" },
  [`${RECOVERY}/new/totp`]: { act: "enrol", way: "totp" },
  [`${RECOVERY}/new/passkey`]: { act: "enrol", way: "passkey" },
  [`${RECOVERY}/end`]: { act: "end" },
};

export interface RecoveryPages {
  /** False: the path is none of these pages. */
  read(exchange: Exchange): Promise<boolean>;
  /** The request comes from a page of this very origin; that was checked. */
  write(exchange: Exchange): Promise<boolean>;
}

type Form = ReadonlyMap<string, string>;

/** The way back in. No page of it takes an address to lead to, and nothing that is mailed has a link in it. */
export function recoveryPages(
  { config, metrics, world }: Pick<Wiring, "config" | "metrics" | "world">,
  recovery: RecoveryService,
  visits: Pick<PeopleSessions, "close">,
): RecoveryPages {
  const trusted = trustedProxies(config.trustedProxies);
  const noMore = hostCookie(RECOVERY_COOKIE, "", 0);
  const show = recoveryShowing({ metrics, world }, recovery);

  /** A browser that asks again has another secret: whoever knew the one of before knows nothing of this. */
  function ask(exchange: Exchange, old: string, form: Form): void {
    const { request } = exchange;
    recovery.end(old);
    const browser = show.newSecret();
    const asked = recovery.ask({
      browser,
      name: form.get("name") ?? "",
      network: clientOf(request, trusted, "http").network,
      known: cookieOf(request.headers.cookie, KNOWN_COOKIE),
    });
    if (asked.ok) goTo(exchange, NEXT, [hostCookie(RECOVERY_COOKIE, browser, SECONDS)]);
    else show.ask(exchange, "slowed");
  }

  async function proved(
    exchange: Exchange,
    secret: string,
    step:
      | { readonly ok: true; readonly value: RecoveryView }
      | { readonly ok: false; readonly refusal: Problem },
  ): Promise<void> {
    if (step.ok) return goTo(exchange, NEXT);
    switch (step.refusal.code) {
      case "recovery.wrong":
        metrics.prompted(PROMPT, "failed");
        return await show.next(exchange, secret, "wrong");
      case "recovery.throttled":
        return await show.next(exchange, secret, "slowed");
      case "recovery.ended":
        return show.over(exchange);
      default:
        return await show.next(exchange, secret, "busy");
    }
  }

  async function second(
    exchange: Exchange,
    secret: string,
    way: NonNullable<Route["way"]>,
    text: (name: string) => string,
  ): Promise<void> {
    switch (way) {
      case "password":
        return await proved(exchange, secret, await recovery.password(secret, text("password")));
      case "totp":
      case "recovery-code":
        return await proved(exchange, secret, await recovery.code(secret, way, text("code")));
      case "passkey":
        return await proved(exchange, secret, await recovery.passkey(secret, jsonOf(text("response"))));
      default:
        return way satisfies never;
    }
  }

  function choose(exchange: Exchange, secret: string, form: Form): void {
    const lost = [...form].flatMap(([name, value]) => (value === "lost" ? [name] : []));
    const way = form.get("way");
    const chosen = recovery.lose(secret, lost);
    const to = way === "totp" || way === "passkey" ? way : "password";
    if (chosen.ok) goTo(exchange, `${RECOVERY}/new/${to}`);
    else show.over(exchange);
  }

  async function enrol(
    exchange: Exchange,
    secret: string,
    way: Enrolling,
    text: (name: string) => string,
  ): Promise<void> {
    const label = text("label");
    const made: Recovered =
      way === "password"
        ? { kind: way, password: text("password") }
        : way === "totp"
          ? { kind: way, code: text("code"), label }
          : { kind: way, response: jsonOf(text("response")), label };
    const done = await recovery.finish(secret, made);
    if (done.ok) {
      metrics.prompted(PROMPT, "met");
      visits.close(cookieOf(exchange.request.headers.cookie, PEOPLE_COOKIE));
      return goTo(exchange, DONE, [noMore, hostCookie(PEOPLE_COOKIE, "", 0)]);
    }
    switch (done.refusal.code) {
      case "factor.password":
      case "factor.not_proved":
      case "factor.taken":
        return await show.enrolling(exchange, secret, way, done.refusal);
      case "recovery.ended":
        return show.over(exchange);
      case "factor.too_many":
        return showNotice(exchange, 409, exchange.messages.trouble.refused);
      default:
        return await show.next(exchange, secret, "busy");
    }
  }

  return {
    async read(exchange) {
      const { path, messages } = exchange;
      if (path !== RECOVERY && !path.startsWith(`${RECOVERY}/`)) return false;
      const route = ROUTES[path];
      const secret = show.secretOf(exchange);
      if (path === RECOVERY) show.ask(exchange, null);
      else if (path === DONE)
        showNotice(exchange, 200, messages.recovery.done, [
          { href: SIGN_IN, label: messages.signIn.heading },
        ]);
      else if (path !== NEXT && route === undefined) return false;
      else if (secret === null) show.over(exchange);
      else if (route?.act === "enrol") await show.enrolling(exchange, secret, enrollingOf(route));
      else if (path === NEXT) await show.next(exchange, secret);
      // A page that was reloaded after its form was sent.
      else goTo(exchange, NEXT);
      return true;
    },
    async write(exchange) {
      const { messages } = exchange;
      const route = ROUTES[exchange.path];
      if (route === undefined) return false;
      const form = await readForm(exchange);
      const secret = show.secretOf(exchange);
      if (form === "too-large") showNotice(exchange, 413, messages.trouble.tooLarge);
      else if (form === "unreadable") showNotice(exchange, 400, messages.trouble.formUnreadable);
      // The form was made for this browser.
      else if (secret === null || !sameNonce(form.get("nonce"), secret)) show.over(exchange);
      else {
        const text = (name: string): string => form.get(name) ?? "";
        switch (route.act) {
          case "ask":
            ask(exchange, secret, form);
            break;
          case "mail":
            await proved(exchange, secret, await recovery.mailCode(secret, text("code")));
            break;
          case "second":
            await second(exchange, secret, route.way ?? "password", text);
            break;
          case "choose":
            choose(exchange, secret, form);
            break;
          case "enrol":
            await enrol(exchange, secret, enrollingOf(route), text);
            break;
          case "end":
            metrics.prompted(PROMPT, "cancelled");
            recovery.end(secret);
            showNotice(
              exchange,
              200,
              messages.recovery.stopped,
              [{ href: "/sign-in", label: messages.recovery.toSignIn }],
              [noMore],
            );
            break;
          default:
            route.act satisfies never;
        }
      }
      return true;
    },
  };
}

function enrollingOf({ way }: Route): Enrolling {
  return way === "totp" || way === "passkey" ? way : "password";
}
