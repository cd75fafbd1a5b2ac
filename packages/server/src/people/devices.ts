import { type DeviceAsked, type DevicesPage, devicesPage, guardHeaders } from "@postern/console";
import { isId } from "@postern/core";
import type { DeviceService, DeviceView, Problem } from "@postern/service";
import { DEVICE_COOKIE } from "../enforcement/session-handle.ts";
import { hostCookie } from "../gateway/cookies.ts";
import { accountOf } from "../sign-in/sign-in.ts";
import type { Acting } from "./acts.ts";
import { type Exchange, goTo, showNotice, showPage } from "./exchange.ts";
import type { Visit } from "./people-sessions.ts";
import type { Showing } from "./showing.ts";
import { DEVICES, formKey } from "./view.ts";

export const DEVICE_REFRESH: string = `${DEVICES}/refresh`;
/** As long as something may rest on a proof, in seconds. */
const DEVICE_SECONDS = 60;
const FRESH_SECONDS = 240;
/** How near its end trust is renewed. */
const SOON_MS = 14 * 86_400_000;

export type DeviceRoute =
  | { readonly kind: "devices" }
  | { readonly kind: "device-act"; readonly act: "trust" | "renew" }
  | { readonly kind: "device-act"; readonly act: "rename" | "revoke"; readonly id: string };

export function deviceRouteOf(path: string): DeviceRoute | null {
  if (path === DEVICES || path === `${DEVICES}/`) return { kind: "devices" };
  if (path === `${DEVICES}/trust`) return { kind: "device-act", act: "trust" };
  if (path === `${DEVICES}/renew`) return { kind: "device-act", act: "renew" };
  const [, id, act] = /^\/me\/devices\/(dev_[0-9a-z]{26})\/(rename|revoke)$/.exec(path) ?? [];
  return id !== undefined && isId("dev", id) && (act === "rename" || act === "revoke")
    ? { kind: "device-act", act, id }
    : null;
}

/**
 * The refresh of W3C Device Bound Session Credentials: without a proof comes a challenge, with one the cookie that is good for a
 * minute. Nothing changes by it but that; a page of this origin, or the browser by itself, may ask as often as it likes.
 */
export async function refreshDevice(
  { request, response }: Exchange,
  visit: Visit | null,
  devices: DeviceService,
): Promise<void> {
  const answer = (status: number, headers: Readonly<Record<string, string>> = {}): void => {
    response.writeHead(status, { ...guardHeaders, ...headers, "content-length": "0" });
    response.end();
  };
  if (visit === null) return answer(401);
  const { session } = visit;
  const given = request.headers["secure-session-response"];
  // A structured header's string (RFC 9651), or the bare token.
  const proof = typeof given === "string" ? given.replace(/^"(.*)"$/, "$1") : null;
  if (proof !== null) {
    const proved = await devices.prove(session, proof);
    if (proved.ok)
      return answer(204, { "set-cookie": hostCookie(DEVICE_COOKIE, proved.value.cookie, DEVICE_SECONDS) });
  }
  if (!devices.mayProve(session)) return answer(409);
  answer(403, { "secure-session-challenge": `"${devices.challenge(session, "proof")}"` });
}

export function showDevices(showing: Showing, devices: DeviceService, failed = false): void {
  const { exchange, visit, wiring } = showing;
  const all = devices.own(visit.session);
  const body = devicesPage(exchange.shell, {
    now: wiring.world.wall(),
    devices: all.map(shown),
    here: hereOf(showing, devices, all),
    failed,
    form: (act) => formKey(visit, `${DEVICES}/${act}`),
  });
  showPage(exchange, failed ? 422 : 200, body, { script: true });
}

function hereOf(
  { visit, wiring }: Showing,
  devices: DeviceService,
  all: readonly DeviceView[],
): DevicesPage["here"] {
  const { session } = visit;
  if (session.methods === undefined)
    return { kind: "elsewhere", signIn: `/sign-in?${new URLSearchParams({ to: DEVICES })}` };
  if (session.shared === true) return { kind: "shared" };
  const confirm = `/sign-in?${new URLSearchParams({
    to: DEVICES,
    step_up: "1",
    acr: devices.levelToTrust(session),
    max_age: String(FRESH_SECONDS),
  })}`;
  if (session.shared === undefined) return { kind: "unsaid", confirm };
  const asked = (act: "trust" | "renew", use: "registration" | "proof"): DeviceAsked => ({
    key: formKey(visit, `${DEVICES}/${act}`),
    account: accountOf(session),
    challenge: devices.challenge(session, use),
  });
  const may = devices.mayTrust(session).ok;
  const trusted = all.find(({ here, state }) => here && state === "trusted");
  if (trusted !== undefined) {
    const soon = Date.parse(trusted.expiresAt) - wiring.world.wall() < SOON_MS;
    return {
      kind: "trusted",
      renew: soon && may ? asked("renew", "proof") : null,
      confirm: soon && !may ? confirm : null,
    };
  }
  return may ? { kind: "may", trust: asked("trust", "registration") } : { kind: "confirm", confirm };
}

function shown(device: DeviceView): DevicesPage["devices"][number] {
  const { id, label, state, here } = device;
  return {
    id,
    label,
    state,
    here,
    registeredAt: Date.parse(device.registeredAt),
    expiresAt: Date.parse(device.expiresAt),
    revokedAt: device.revokedAt === null ? null : Date.parse(device.revokedAt),
  };
}

export async function changeDevice(
  acting: Acting,
  devices: DeviceService,
  route: Extract<DeviceRoute, { readonly kind: "device-act" }>,
): Promise<void> {
  const { visit, exchange, form } = acting;
  const { session } = visit;
  const text = (name: string): string => form.get(name) ?? "";
  switch (route.act) {
    case "trust": {
      const made = await devices.register(session, { proof: text("proof"), label: text("label") });
      if (!made.ok) return refusedDevice(acting, devices, made.refusal);
      return goTo(exchange, DEVICES, [hostCookie(DEVICE_COOKIE, made.value.cookie, DEVICE_SECONDS)]);
    }
    case "renew": {
      const renewed = await devices.renew(session, text("proof"));
      if (!renewed.ok) return refusedDevice(acting, devices, renewed.refusal);
      return goTo(exchange, DEVICES);
    }
    case "rename": {
      const renamed = await devices.rename(session, route.id, text("label"));
      if (!renamed.ok) return refusedDevice(acting, devices, renamed.refusal);
      return goTo(exchange, DEVICES);
    }
    case "revoke": {
      const revoked = await devices.revoke({ kind: "session", session }, route.id);
      if (!revoked.ok) return refusedDevice(acting, devices, revoked.refusal);
      return goTo(exchange, DEVICES);
    }
    default:
      return route satisfies never;
  }
}

function refusedDevice(acting: Acting, devices: DeviceService, { code }: Problem): void {
  const { exchange } = acting;
  const { trouble } = exchange.messages;
  switch (code) {
    case "device.not_proved":
      showDevices(acting, devices, true);
      break;
    // What the page says now is why.
    case "device.fresh_sign_in":
    case "device.shared":
      goTo(exchange, DEVICES);
      break;
    case "not_found":
      showNotice(exchange, 404, trouble.notFound);
      break;
    case "session.ended":
      showNotice(exchange, 401, trouble.linkEnded);
      break;
    case "device.too_many":
      showNotice(exchange, 409, trouble.refused);
      break;
    default:
      showNotice(exchange, 503, trouble.notNow);
  }
}
