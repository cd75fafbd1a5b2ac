import type { IncomingMessage } from "node:http";
import { type AddressPage, addressPage, outboxPage } from "@postern/console";
import type { AddressService, FactorService, Problem } from "@postern/service";
import type { Wiring } from "../wiring.ts";
import type { Acting } from "./acts.ts";
import { type Exchange, goTo, showNotice, showPage } from "./exchange.ts";
import { confirmFirst } from "./factors.ts";
import type { Showing } from "./showing.ts";
import { formKey } from "./view.ts";

export const OUTBOX = "/outbox";
const LOOPBACK = /^(?:::1|(?:::ffff:)?127\.\d+\.\d+\.\d+)$/;
export const ADDRESS = "/me/address";

export type AddressRoute =
  | { readonly kind: "address" }
  | { readonly kind: "address-act"; readonly act: "code" | "check" };

export function addressRouteOf(path: string): AddressRoute | null {
  if (path === ADDRESS || path === `${ADDRESS}/`) return { kind: "address" };
  const act = path.startsWith(`${ADDRESS}/`) ? path.slice(ADDRESS.length + 1) : "";
  return act === "code" || act === "check" ? { kind: "address-act", act } : null;
}

export function showAddress(
  { exchange, visit, wiring }: Showing,
  of: AddressService,
  factors: FactorService,
  failed: AddressPage["failed"] = null,
): void {
  const { session } = visit;
  const { address, verifiedAt } = of.current(session);
  const body = addressPage(exchange.shell, {
    now: wiring.world.wall(),
    address,
    verifiedAt: verifiedAt === null ? null : Date.parse(verifiedAt),
    pending: of.pending(session),
    confirm: factors.mayChange(session).ok ? null : confirmFirst(factors, visit, ADDRESS),
    failed,
    form: (act) => formKey(visit, `${ADDRESS}/${act}`),
  });
  showPage(exchange, failed === null ? 200 : failed === "throttled" ? 429 : 422, body);
}

export async function changeAddress(
  acting: Acting,
  of: AddressService,
  factors: FactorService,
  act: "code" | "check",
): Promise<void> {
  const { visit, exchange, form } = acting;
  const done =
    act === "code"
      ? await of.begin(visit.session, form.get("address") ?? "")
      : await of.finish(visit.session, form.get("code") ?? "");
  if (done.ok) return goTo(exchange, ADDRESS);
  const failed = failureOf(done.refusal);
  if (failed !== null) return showAddress(acting, of, factors, failed);
  const { trouble } = exchange.messages;
  switch (done.refusal.code) {
    case "factor.fresh_sign_in":
      return goTo(exchange, ADDRESS);
    case "session.ended":
      return showNotice(exchange, 401, trouble.linkEnded);
    default:
      return showNotice(exchange, 503, trouble.notNow);
  }
}

function failureOf({ code }: Problem): AddressPage["failed"] {
  switch (code) {
    case "address.wrong":
      return "wrong";
    case "address.malformed":
      return "malformed";
    case "address.throttled":
      return "throttled";
    case "address.unreachable":
      return "unreachable";
    default:
      return null;
  }
}

/** Whoever sits at this machine may read what it would have mailed. */
/** DANGER: a page elsewhere that gives its own name the address of this machine must not read what was mailed. */
export function mayReadOutbox({ socket, headers }: IncomingMessage, { outbox, places }: Wiring): boolean {
  if (outbox === null || outbox === undefined || headers.host !== new URL(places.people()).host) return false;
  return LOOPBACK.test(socket.remoteAddress ?? "");
}

export function showOutbox(exchange: Exchange, { outbox }: Wiring): void {
  showPage(exchange, 200, outboxPage(exchange.shell, outbox?.letters() ?? []));
}
