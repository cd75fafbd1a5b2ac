import {
  factorsPage,
  passkeyPage,
  passwordPage,
  recoveryPage,
  type ShownFactor,
  totpPage,
} from "@postern/console";
import type { FactorService, FactorView, Problem } from "@postern/service";
import { hostCookie } from "../gateway/cookies.ts";
import { jsonOf, weaknessOf } from "../sign-in/form.ts";
import type { UpstreamPages } from "../upstream/pages.ts";
import type { Acting } from "./acts.ts";
import { goTo, showNotice, showPage } from "./exchange.ts";
import { PEOPLE_COOKIE } from "./people-sessions.ts";
import type { Showing } from "./showing.ts";
import { formKey } from "./view.ts";

export const FACTORS = "/me/factors";
const FRESH_SECONDS = 240;

export type FactorRoute =
  | { readonly kind: "factors"; readonly page: "list" | "totp" | "passkey" | "password" }
  | { readonly kind: "factor-act"; readonly act: "recovery" | "sign-out" }
  | { readonly kind: "factor-act"; readonly act: "rename" | "remove" | "link"; readonly id: string };

export function factorRouteOf(path: string): FactorRoute | null {
  if (path === FACTORS || path === `${FACTORS}/`) return { kind: "factors", page: "list" };
  const [, id, act] = /^\/me\/factors\/(fac_[0-9a-z]{26})\/(rename|remove)$/.exec(path) ?? [];
  if (id !== undefined && (act === "rename" || act === "remove")) return { kind: "factor-act", act, id };
  const [, upstream] = /^\/me\/factors\/link\/([a-z0-9-]{1,32})$/.exec(path) ?? [];
  if (upstream !== undefined) return { kind: "factor-act", act: "link", id: upstream };
  const last = path.startsWith(`${FACTORS}/`) ? path.slice(FACTORS.length + 1) : "";
  if (last === "totp" || last === "passkey" || last === "password") return { kind: "factors", page: last };
  return last === "recovery" || last === "sign-out" ? { kind: "factor-act", act: last } : null;
}

/** Where a person shows first that it is them: everything that their account can be proved with. */
export function confirmFirst(factors: FactorService, visit: Showing["visit"], to: string): string {
  const own = visit.session.methods !== undefined;
  const asked = own
    ? { to, step_up: "1", acr: factors.levelToChange(visit.session), max_age: String(FRESH_SECONDS) }
    : { to };
  return `/sign-in?${new URLSearchParams(asked)}`;
}

export async function showFactors(
  showing: Showing,
  factors: FactorService,
  upstreams: UpstreamPages | null,
  page: "list" | "totp" | "passkey" | "password",
  failed: Problem | null = null,
): Promise<void> {
  const { exchange, visit, wiring } = showing;
  const status = failed === null ? 200 : 422;
  const key = (path: string) => formKey(visit, path);
  const { session } = visit;
  const allowed = factors.mayChange(session);
  if (page !== "list" && !allowed.ok) return goTo(exchange, confirmFirst(factors, visit, exchange.path));
  switch (page) {
    case "list": {
      const body = factorsPage(exchange.shell, {
        now: wiring.world.wall(),
        base: FACTORS,
        devices: "/me/devices",
        address: wiring.service.address === null ? null : "/me/address",
        factors: factors.list(session).flatMap((one) => shown(one, upstreams)),
        links: upstreams?.all() ?? [],
        confirm: allowed.ok ? null : confirmFirst(factors, visit, FACTORS),
        elsewhere: session.methods === undefined,
        form: (act) => key(`${FACTORS}/${act}`),
      });
      return showPage(exchange, 200, body);
    }
    case "totp": {
      const begun = factors.beginTotp(session);
      if (!begun.ok) return refusedFactor(showing, factors, begun.refusal);
      const body = totpPage(exchange.shell, {
        ...begun.value,
        key: key(`${FACTORS}/totp`),
        failed: failed !== null,
        back: FACTORS,
      });
      return showPage(exchange, status, body);
    }
    case "passkey": {
      const begun = await factors.beginPasskey(session);
      if (!begun.ok) return refusedFactor(showing, factors, begun.refusal);
      const body = passkeyPage(exchange.shell, {
        options: begun.value,
        key: key(`${FACTORS}/passkey`),
        failed: failed !== null,
        back: FACTORS,
      });
      return showPage(exchange, status, body, { script: true });
    }
    case "password": {
      const body = passwordPage(exchange.shell, {
        name: wiring.service.sessions.subjectOf(session)?.id ?? "",
        key: key(`${FACTORS}/password`),
        weak: failed === null ? null : weaknessOf(failed.detail),
        back: FACTORS,
      });
      return showPage(exchange, status, body);
    }
    default:
      return page satisfies never;
  }
}

/** A form that enrols: what does not fit is asked for again on the same page. */
export async function enrolFactor(
  acting: Acting,
  factors: FactorService,
  upstreams: UpstreamPages | null,
  page: "totp" | "passkey" | "password",
): Promise<void> {
  const { form, visit, exchange } = acting;
  const text = (name: string): string => form.get(name) ?? "";
  const { session } = visit;
  const label = text("label");
  const done =
    page === "totp"
      ? await factors.finishTotp(session, { code: text("code"), label })
      : page === "passkey"
        ? await factors.finishPasskey(session, { response: jsonOf(text("response")), label })
        : await factors.setPassword(session, text("password"));
  if (done.ok) {
    // Whoever knew the old password may have a copy of the cookies too.
    const anew = "session" in done.value || page === "password";
    return goTo(exchange, FACTORS, anew ? [hostCookie(PEOPLE_COOKIE, acting.again(), null)] : []);
  }
  const { code } = done.refusal;
  if (code === "factor.not_proved" || code === "factor.taken" || code === "factor.password")
    return await showFactors(acting, factors, upstreams, page, done.refusal);
  refusedFactor(acting, factors, done.refusal);
}

export async function changeFactor(
  acting: Acting,
  factors: FactorService,
  upstreams: UpstreamPages | null,
  route: Extract<FactorRoute, { readonly kind: "factor-act" }>,
): Promise<void> {
  const { visit, exchange, form, wiring } = acting;
  const { session } = visit;
  switch (route.act) {
    case "recovery": {
      const made = await factors.makeRecoveryCodes(session);
      if (!made.ok) return refusedFactor(acting, factors, made.refusal);
      return showPage(exchange, 200, recoveryPage(exchange.shell, { codes: made.value, back: FACTORS }));
    }
    case "sign-out": {
      const ended = await wiring.service.sessions.revoke({ kind: "session", session }, session.id);
      if (!ended.ok) return showNotice(exchange, 503, exchange.messages.trouble.notNow);
      const from = cameFrom(session, factors, upstreams);
      const done = from === null ? "/sign-in/done" : `/sign-in/done?from=${from}`;
      return goTo(exchange, done, [hostCookie(PEOPLE_COOKIE, "", 0)]);
    }
    case "link": {
      const allowed = factors.mayChange(session);
      if (!allowed.ok) return refusedFactor(acting, factors, allowed.refusal);
      if (upstreams === null) return showNotice(exchange, 404, exchange.messages.trouble.notFound);
      return await upstreams.link(exchange, route.id);
    }
    case "rename":
    case "remove": {
      const done =
        route.act === "remove"
          ? await factors.remove(session, route.id)
          : await factors.rename(session, route.id, form.get("label") ?? "");
      if (done.ok) return goTo(exchange, FACTORS);
      return refusedFactor(acting, factors, done.refusal);
    }
    default:
      return route satisfies never;
  }
}

function refusedFactor({ exchange, visit }: Showing, factors: FactorService, { code }: Problem): void {
  const { messages } = exchange;
  const back = [{ href: FACTORS, label: messages.factors.back }];
  switch (code) {
    case "factor.fresh_sign_in":
      goTo(exchange, confirmFirst(factors, visit, FACTORS));
      break;
    case "factor.too_many":
      showNotice(exchange, 409, messages.factors.tooMany, back);
      break;
    case "factor.last":
      showNotice(exchange, 409, messages.factors.last, back);
      break;
    case "factor.ended":
      showNotice(exchange, 410, messages.factors.ended, back);
      break;
    case "not_found":
      showNotice(exchange, 404, messages.trouble.notFound, back);
      break;
    case "session.ended":
      showNotice(exchange, 401, messages.trouble.linkEnded);
      break;
    default:
      showNotice(exchange, 503, messages.trouble.notNow, back);
  }
}

/** The identity provider by which this session came; null: none that is configured. */
function cameFrom(
  { methods }: Showing["visit"]["session"],
  factors: FactorService,
  upstreams: UpstreamPages | null,
): string | null {
  const used = methods?.find(({ upstream }) => upstream !== undefined)?.upstream?.factor;
  const issuer = used === undefined ? undefined : factors.issuerOf(used);
  return upstreams?.all().find((one) => one.issuer === issuer)?.id ?? null;
}

function shown(view: FactorView, upstreams: UpstreamPages | null): readonly ShownFactor[] {
  const { kind, usedAt, enrolledAt, evidence, issuer, ...rest } = view;
  if (kind === "invitation") return [];
  const { id, left } = rest;
  const there = upstreams?.all().find((one) => one.issuer === issuer)?.name ?? issuer;
  const label = there === null ? rest.label : rest.label === "" ? there : `${there} (${rest.label})`;
  return [
    {
      id,
      label,
      left,
      kind,
      enrolledAt: Date.parse(enrolledAt),
      usedAt: usedAt === null ? null : Date.parse(usedAt),
      deviceBound: kind === "passkey" ? (evidence?.deviceBound ?? false) : null,
    },
  ];
}
