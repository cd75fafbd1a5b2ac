import type { Caller, Problem } from "@postern/service";
import type { Wiring } from "../wiring.ts";
import { type Exchange, goTo, showNotice } from "./exchange.ts";
import type { Visit } from "./people-sessions.ts";
import { refused } from "./refused.ts";
import { heldHere, showOffer, showOptOut } from "./show.ts";
import { BASE } from "./view.ts";

export interface Acting {
  readonly exchange: Exchange;
  readonly visit: Visit;
  readonly wiring: Wiring;
  readonly form: ReadonlyMap<string, string>;
  /** Another secret for this visit, where its session rose: the one before is worth nothing from now on. */
  readonly again: () => string;
}

function callerOf({ visit }: Acting): Caller {
  return { kind: "session", session: visit.session };
}

/** The person's yes to an offer: asked for and agreed to at once, or not at all. */
export async function acceptOffer(acting: Acting, name: string): Promise<void> {
  const { exchange, visit, wiring, form } = acting;
  const { service } = wiring;
  const caller = callerOf(acting);
  const [hash = "", locale = "", length = "", where = ""] = ["disclosure", "locale", "length", "where"].map(
    (key) => form.get(key),
  );
  const device = service.sessions.deviceOf(visit.session);
  const offers = await service.optOuts.offers(caller, device === null ? {} : { device });
  if (!offers.ok) return refused(exchange, offers.refusal);
  const offer = offers.value.find((one) => one.name === name);
  if (offer === undefined) return showNotice(exchange, 404, exchange.messages.trouble.notFound);
  if (offer.disclosures[locale]?.hash !== hash) {
    return await showOffer({ exchange, visit, wiring }, name, { changed: true, length, where });
  }
  const held = await heldHere({ exchange, visit, wiring }, name);
  if (held !== null) return goTo(exchange, `${BASE}/${held.id}`);
  const reason = (form.get("reason") ?? "").trim();
  if (offer.control === "session-timeout") {
    const chosen = await service.optOuts.choose(caller, {
      offer: name,
      ...(where === "device" && device !== null ? { holder: { kind: "device", device } } : {}),
      ...(length === "" ? {} : { length }),
      ...(reason === "" ? {} : { reason }),
      disclosure: hash,
      locale,
    });
    return chosen.ok
      ? goTo(exchange, `${BASE}/${chosen.value.id}/done`)
      : await notAgreed(acting, name, chosen.refusal);
  }
  const asked = await service.optOuts.request(caller, {
    offer: name,
    ...(where === "device" && device !== null ? { holder: { kind: "device", device } } : {}),
    ...(length === "" ? {} : { length }),
    ...(reason === "" ? {} : { reason }),
  });
  if (!asked.ok) return refused(exchange, asked.refusal);
  const { id } = asked.value;
  const agreed = await service.optOuts.consent(caller, id, { disclosure: hash, locale });
  if (agreed.ok) return goTo(exchange, `${BASE}/${id}/done`);
  // What the person did not get to agree to does not stay behind as an open question.
  await service.optOuts.withdraw(caller, id);
  await notAgreed(acting, name, agreed.refusal);
}

async function notAgreed(
  { exchange, visit, wiring, form }: Acting,
  name: string,
  refusal: Problem,
): Promise<void> {
  const [length = "", where = ""] = [form.get("length"), form.get("where")];
  if (refusal.code === "opt-out.disclosure_changed")
    return await showOffer({ exchange, visit, wiring }, name, { changed: true, length, where });
  const again = new URLSearchParams({ length, where });
  refused(exchange, refusal, `${BASE}/offers/${encodeURIComponent(name)}?${again}`);
}

export async function consent(acting: Acting, id: string): Promise<void> {
  const { exchange, visit, wiring, form } = acting;
  const given = { disclosure: form.get("disclosure") ?? "", locale: form.get("locale") ?? "" };
  const agreed = await wiring.service.optOuts.consent(callerOf(acting), id, given);
  if (agreed.ok) return goTo(exchange, `${BASE}/${id}/done`);
  if (agreed.refusal.code === "opt-out.disclosure_changed") {
    return await showOptOut({ exchange, visit, wiring }, id, true);
  }
  refused(exchange, agreed.refusal, `${BASE}/${id}`);
}

/** One press, no questions. */
export async function turnOn(acting: Acting, id: string): Promise<void> {
  const { exchange, wiring } = acting;
  const ended = await wiring.service.optOuts.revoke(callerOf(acting), id, {});
  if (ended.ok) return goTo(exchange, `${BASE}/${id}/done`);
  refused(exchange, ended.refusal);
}

export async function renew(acting: Acting, id: string): Promise<void> {
  const { exchange, visit, wiring, form } = acting;
  const length = form.get("length");
  const renewed = await wiring.service.optOuts.renew(callerOf(acting), id, {
    disclosure: form.get("disclosure") ?? "",
    locale: form.get("locale") ?? "",
    ...(length === undefined ? {} : { length }),
  });
  if (renewed.ok) return goTo(exchange, `${BASE}/${id}/done`);
  if (renewed.refusal.code === "opt-out.disclosure_changed") {
    return await showOptOut({ exchange, visit, wiring }, id, true);
  }
  refused(exchange, renewed.refusal, `${BASE}/${id}`);
}
