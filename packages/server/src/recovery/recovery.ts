import {
  passkeyPage,
  passwordPage,
  recoveryAskPage,
  recoveryEnrolPage,
  recoveryMailPage,
  recoverySecondPage,
  totpPage,
} from "@postern/console";
import type { Problem, Recovered, RecoveryService, RecoveryView } from "@postern/service";
import { cookieOf } from "../enforcement/session-handle.ts";
import { clientOf } from "../gateway/client.ts";
import { hostCookie } from "../gateway/cookies.ts";
import { type Exchange, goTo, readForm, showNotice, showPage } from "../people/exchange.ts";
import { isSecret, PEOPLE_COOKIE, type PeopleSessions } from "../people/people-sessions.ts";
import { jsonOf, KNOWN_COOKIE, nonceOf, sameNonce, weaknessOf } from "../sign-in/form.ts";
import { trustedProxies } from "../trusted-proxies.ts";
import type { Wiring } from "../wiring.ts";

export const RECOVERY = "/recovery";
const NEXT = `${RECOVERY}/next`;
const DONE = `${RECOVERY}/done`;
/** One recovery in one browser. It is no session: nothing but these pages reads it. */
const RECOVERY_COOKIE = "__Host-postern-recovery";
/** Three steps of ten minutes each. */
const SECONDS = 1_800;
const SIGN_IN = "/sign-in?to=%2Fme%2Ffactors";
const PROMPT = { prompt: "recovery", control: "authentication", reason: "none" } as const;

type Enrolling = Recovered["kind"];
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

type Failed = "wrong" | "slowed" | "busy";
type Form = ReadonlyMap<string, string>;

/** The way back in. No page of it takes an address to lead to, and nothing that is mailed has a link in it. */
export function recoveryPages(
  { config, metrics, world }: Pick<Wiring, "config" | "metrics" | "world">,
  recovery: RecoveryService,
  visits: Pick<PeopleSessions, "close">,
): RecoveryPages {
  const trusted = trustedProxies(config.trustedProxies);
  const noMore = hostCookie(RECOVERY_COOKIE, "", 0);

  const secretOf = ({ request }: Exchange): string | null => {
    const secret = cookieOf(request.headers.cookie, RECOVERY_COOKIE);
    return isSecret(secret) ? secret : null;
  };
  const newSecret = (): string => Buffer.from(world.random(32)).toString("base64url");
  const keyOf =
    (secret: string) =>
    (act: string): { readonly action: string; readonly nonce: string } => ({
      action: `${RECOVERY}/${act}`,
      nonce: nonceOf(secret),
    });

  /** The cookie stays: a form of before, sent late, does not end what this browser has open now. */
  function over(exchange: Exchange): void {
    const { recovery: m, signIn } = exchange.messages;
    showNotice(exchange, 410, m.over, [{ href: RECOVERY, label: signIn.again }]);
  }

  function showAsk(exchange: Exchange, failed: Failed | null): void {
    const known = secretOf(exchange);
    const secret = known ?? newSecret();
    const key = { action: RECOVERY, nonce: nonceOf(secret) };
    const page = recoveryAskPage(exchange.shell, { key, failed, signIn: "/sign-in" });
    const cookies = known === null ? [hostCookie(RECOVERY_COOKIE, secret, SECONDS)] : [];
    showPage(exchange, failed === null ? 200 : 429, page, { cookies });
  }

  async function show(exchange: Exchange, secret: string, failed: Failed | null = null): Promise<void> {
    const view = recovery.find(secret);
    if (view === null) return over(exchange);
    const status = failed === null ? 200 : failed === "wrong" ? 401 : failed === "slowed" ? 429 : 503;
    const form = keyOf(secret);
    const { shell, messages } = exchange;
    switch (view.step) {
      case "mail": {
        const { reference } = view;
        const page = recoveryMailPage(shell, { reference, failed, again: RECOVERY, form });
        return showPage(exchange, status, page);
      }
      case "second": {
        const asked = view.ways.includes("passkey") ? await recovery.passkeyRequest(secret) : null;
        const passkey = asked?.ok === true ? asked.value : null;
        const page = recoverySecondPage(shell, { ...view, passkey, failed, form });
        return showPage(exchange, status, page, { script: passkey !== null });
      }
      case "none": {
        metrics.prompted(PROMPT, "failed");
        recovery.end(secret);
        return showNotice(
          exchange,
          403,
          messages.recovery.none,
          [{ href: "/sign-in", label: messages.recovery.toSignIn }],
          [noMore],
        );
      }
      case "enrol":
        return showPage(exchange, status, recoveryEnrolPage(shell, { ...shown(view), form }));
      default:
        return view satisfies never;
    }
  }

  /** The page that a new way to sign in is made on. */
  async function showEnrolling(
    exchange: Exchange,
    secret: string,
    way: Enrolling,
    failed: Problem | null = null,
  ): Promise<void> {
    const view = recovery.find(secret);
    if (view === null) return over(exchange);
    if (view.step !== "enrol") return goTo(exchange, NEXT);
    const { shell, messages } = exchange;
    const status = failed === null ? 200 : 422;
    const key = keyOf(secret)(`new/${way}`);
    const back = { back: NEXT, backLabel: messages.recovery.back };
    switch (way) {
      case "password": {
        const weak = failed === null ? null : weaknessOf(failed.detail);
        return showPage(exchange, status, passwordPage(shell, { name: view.name, key, weak, ...back }));
      }
      case "totp": {
        const begun = recovery.beginTotp(secret);
        if (!begun.ok) return over(exchange);
        const page = totpPage(shell, { ...begun.value, key, failed: failed !== null, ...back });
        return showPage(exchange, status, page);
      }
      case "passkey": {
        const begun = await recovery.beginPasskey(secret);
        if (!begun.ok) return over(exchange);
        const options = begun.value;
        const page = passkeyPage(shell, { options, key, failed: failed !== null, ...back });
        return showPage(exchange, status, page, { script: true });
      }
      default:
        return way satisfies never;
    }
  }

  /** A browser that asks again has another secret: whoever knew the one of before knows nothing of this. */
  function ask(exchange: Exchange, old: string, form: Form): void {
    const { request } = exchange;
    recovery.end(old);
    const browser = newSecret();
    const asked = recovery.ask({
      browser,
      name: form.get("name") ?? "",
      network: clientOf(request, trusted, "http").network,
      known: cookieOf(request.headers.cookie, KNOWN_COOKIE),
    });
    if (asked.ok) goTo(exchange, NEXT, [hostCookie(RECOVERY_COOKIE, browser, SECONDS)]);
    else showAsk(exchange, "slowed");
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
        return await show(exchange, secret, "wrong");
      case "recovery.throttled":
        return await show(exchange, secret, "slowed");
      case "recovery.ended":
        return over(exchange);
      default:
        return await show(exchange, secret, "busy");
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
    else over(exchange);
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
        return await showEnrolling(exchange, secret, way, done.refusal);
      case "recovery.ended":
        return over(exchange);
      case "factor.last":
        return showNotice(exchange, 409, exchange.messages.trouble.refused);
      default:
        return await show(exchange, secret, "busy");
    }
  }

  return {
    async read(exchange) {
      const { path, messages } = exchange;
      if (path !== RECOVERY && !path.startsWith(`${RECOVERY}/`)) return false;
      const route = ROUTES[path];
      const secret = secretOf(exchange);
      if (path === RECOVERY) showAsk(exchange, null);
      else if (path === DONE)
        showNotice(exchange, 200, messages.recovery.done, [
          { href: SIGN_IN, label: messages.signIn.heading },
        ]);
      else if (path !== NEXT && route === undefined) return false;
      else if (secret === null) over(exchange);
      else if (route?.act === "enrol") await showEnrolling(exchange, secret, enrollingOf(route));
      else if (path === NEXT) await show(exchange, secret);
      // A page that was reloaded after its form was sent.
      else goTo(exchange, NEXT);
      return true;
    },
    async write(exchange) {
      const { messages } = exchange;
      const route = ROUTES[exchange.path];
      if (route === undefined) return false;
      const form = await readForm(exchange);
      const secret = secretOf(exchange);
      if (form === "too-large") showNotice(exchange, 413, messages.trouble.tooLarge);
      else if (form === "unreadable") showNotice(exchange, 400, messages.trouble.formUnreadable);
      // The form was made for this browser.
      else if (secret === null || !sameNonce(form.get("nonce"), secret)) over(exchange);
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

function shown(
  view: Extract<RecoveryView, { readonly step: "enrol" }>,
): Omit<Parameters<typeof recoveryEnrolPage>[1], "form"> {
  return {
    name: view.name,
    factors: view.factors.flatMap(({ id, kind, label, issuer }) =>
      kind === "invitation" ? [] : [{ id, kind, label: label === "" ? (issuer ?? "") : label }],
    ),
  };
}
