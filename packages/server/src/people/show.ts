import { donePage, listPage, offerPage, optOutPage } from "@postern/console";
import { parseDuration } from "@postern/core";
import type { OfferView, OptOutView } from "@postern/service";
import { goTo, sendFile, showNotice, showPage } from "./exchange.ts";
import { refused } from "./refused.ts";
import { callerOf, forPeople, isOwn, MOST_ROWS, offersFor, type Showing, timeOutChosen } from "./showing.ts";
import {
  BASE,
  CHALLENGES,
  DEVICES,
  disclosureOf,
  formKey,
  INBOX,
  isOver,
  keptFor,
  nameOfDevice,
  offeredOf,
  openingOf,
  SESSIONS,
  shownDisclosure,
  TIME_OUT,
} from "./view.ts";

export async function showList(showing: Showing): Promise<void> {
  const { exchange, visit, wiring } = showing;
  const { service, world } = wiring;
  const [offers, held, messages] = await Promise.all([
    offersFor(showing),
    service.optOuts.list(callerOf(visit), { limit: MOST_ROWS }),
    service.notices.inbox(callerOf(visit)),
  ]);
  if (!offers.ok) return refused(exchange, offers.refusal);
  if (!held.ok) return refused(exchange, held.refusal);
  const all = held.value.items
    .filter(isOwn)
    .map((view) => ({ view, opening: openingOf(view, visit.session, service) }));
  const live = all.filter(({ opening }) => !isOver(opening));
  const taken = new Set(
    live.flatMap(({ view, opening }) => (opening.where.kind === "other-device" ? [] : [view.offer])),
  );
  const page = listPage(exchange.shell, {
    now: world.wall(),
    base: BASE,
    openings: live.map(({ opening }) => opening),
    offered: offers.value
      .filter(
        (offer) =>
          forPeople(offer) &&
          !taken.has(offer.name) &&
          (offer.control !== "session-timeout" || !isOffered(offer)),
      )
      .map((offer) => offeredOf(offer, exchange.locales)),
    moreOnDevices:
      service.sessions.deviceOf(visit.session) === null && service.policy.offers().some(onDevices)
        ? { trust: trusts(showing) ? DEVICES : null }
        : null,
    kept: keptFor(visit, service),
    timeOut: offers.value.some((offer) => offer.control === "session-timeout" && isOffered(offer))
      ? TIME_OUT
      : null,
    sessions: SESSIONS,
    past: all
      .filter(({ opening }) => isOver(opening))
      .map(({ opening }) => opening)
      .sort((a, b) => b.requestedAt - a.requestedAt),
    inbox: {
      href: INBOX,
      unread: messages.ok ? messages.value.filter(({ read }) => !read).length : 0,
    },
    challenges: CHALLENGES,
    turnOn: ({ id }) => formKey(visit, `${BASE}/${id}/turn-on`),
  });
  showPage(exchange, 200, page);
}

/** Whoever signed in here may trust a browser; a device of an application is named by that application. */
function trusts({ visit, wiring: { service } }: Showing): boolean {
  return service.devices !== null && visit.session.methods !== undefined;
}

/** It may be chosen, and not only watched. */
function isOffered(offer: OfferView): boolean {
  return offer.mode === "enforce" && forPeople(offer);
}

function onDevices({ holders, mode }: OfferView): boolean {
  return mode === "enforce" && holders.every((kind) => kind === "device");
}

/** The opt-out that already holds here, or waits, by this offer. */
export async function heldHere(
  { visit, wiring: { service } }: Showing,
  name: string,
): Promise<OptOutView | null> {
  const held = await service.optOuts.list(callerOf(visit), { limit: MOST_ROWS });
  if (!held.ok) return null;
  const here = held.value.items.find((view) => {
    const opening = openingOf(view, visit.session, service);
    if (view.offer !== name || !isOwn(view) || isOver(opening) || opening.where.kind === "other-device")
      return false;
    // A choice of time-out that stands still is made anew by choosing it again.
    return view.control !== "session-timeout" || view.state !== "suspended";
  });
  return here ?? null;
}

export async function showOffer(
  showing: Showing,
  name: string,
  given: { readonly changed?: boolean; readonly length?: string; readonly where?: string } = {},
): Promise<void> {
  const { exchange, visit, wiring } = showing;
  const held = await heldHere(showing, name);
  if (held !== null) return goTo(exchange, `${BASE}/${held.id}`);
  const offers = await offersFor(showing);
  if (!offers.ok) return refused(exchange, offers.refusal);
  const offer = offers.value.find((one) => one.name === name && forPeople(one));
  const disclosure = offer === undefined ? null : disclosureOf(offer, exchange.locales);
  const { trouble } = exchange.messages;
  const device = wiring.service.sessions.deviceOf(visit.session);
  if (offer === undefined && device === null) {
    const known = wiring.service.policy.offers().find((one) => one.name === name);
    if (known !== undefined && onDevices(known)) {
      return trusts(showing)
        ? showNotice(exchange, 409, trouble.untrustedDevice, [
            { href: DEVICES, label: exchange.messages.devices.open },
          ])
        : showNotice(exchange, 409, trouble.unknownDevice);
    }
  }
  if (offer === undefined || disclosure === null) return showNotice(exchange, 404, trouble.notFound);
  const wheres = [
    ...(offer.holders.includes("device") && device !== null
      ? [{ value: "device", device: nameOfDevice(device.id, visit.session, wiring.service) }]
      : []),
    ...(offer.holders.includes("subject") ? [{ value: "account", device: null }] : []),
  ];
  if (wheres.length === 0) return showNotice(exchange, 409, trouble.unknownDevice);
  if (offer.mode !== "enforce") {
    return showNotice(exchange, 409, {
      heading: trouble.refused.heading,
      text: exchange.messages.offer.onlyWatched,
    });
  }
  const usual = lengthOf(offer.length.default);
  const longest = lengthOf(offer.length.max);
  const known = (value: string | undefined, choices: readonly string[], fallback: string): string =>
    value !== undefined && choices.includes(value) ? value : fallback;
  const page = offerPage(exchange.shell, {
    now: wiring.world.wall(),
    base: BASE,
    offer: offeredOf(offer, exchange.locales),
    disclosure,
    lengths: { usual, longest },
    chosenLength: known(given.length, [usual.value, longest.value], usual.value),
    wheres,
    chosenWhere: known(
      given.where,
      wheres.map(({ value }) => value),
      wheres[0]?.value ?? "",
    ),
    approvals: offer.approvals,
    replaces: await replacedBy(showing, offer),
    form: formKey(visit, `${BASE}/offers/${encodeURIComponent(name)}`),
    changed: given.changed ?? false,
  });
  showPage(exchange, given.changed === true ? 409 : 200, page);
}

async function replacedBy(
  showing: Showing,
  { control }: OfferView,
): Promise<Parameters<typeof offerPage>[1]["replaces"]> {
  if (control !== "session-timeout") return null;
  const held = await timeOutChosen(showing);
  if (held === null) return null;
  const { overall } = showing.wiring.service.sessions.ends(showing.visit.session).limits;
  return {
    inactivity: held.inactivity === null ? null : lengthOf(held.inactivity).milliseconds,
    cap: lengthOf(overall.length).milliseconds,
  };
}

function lengthOf(value: string): { readonly value: string; readonly milliseconds: number } {
  const read = parseDuration(value);
  return { value, milliseconds: read.ok ? read.value : 0 };
}

export async function showOptOut(showing: Showing, id: string, changed = false): Promise<void> {
  const { exchange, visit, wiring } = showing;
  const { service, world } = wiring;
  const caller = callerOf(visit);
  const found = await service.optOuts.get(caller, id, {});
  if (!found.ok || !isOwn(found.value)) return showNotice(exchange, 404, exchange.messages.trouble.notFound);
  const opening = openingOf(found.value, visit.session, service);
  const over = isOver(opening);
  const waits = opening.state === "pending" && opening.consentNeeded && opening.consentedAt === null;
  const offers = over ? null : await offersFor(showing);
  const offer = offers?.ok === true ? offers.value.find((one) => one.name === found.value.offer) : undefined;
  const shown = waits ? await service.optOuts.disclosure(caller, id, exchange.locales) : null;
  const disclosure =
    shown?.ok === true
      ? shownDisclosure(shown.value)
      : offer === undefined
        ? null
        : disclosureOf(offer, exchange.locales);
  const renewable =
    opening.state === "active" &&
    opening.consentNeeded &&
    found.value.approvals.needed === 0 &&
    offer !== undefined;
  const usual = offer === undefined ? null : lengthOf(offer.length.default);
  const page = optOutPage(exchange.shell, {
    now: world.wall(),
    base: BASE,
    opening,
    disclosure,
    consent: waits && disclosure !== null ? formKey(visit, `${BASE}/${id}/consent`) : null,
    turnOn: over ? null : formKey(visit, `${BASE}/${id}/turn-on`),
    renew:
      renewable && usual !== null
        ? {
            form: formKey(visit, `${BASE}/${id}/renew`),
            length: usual.value,
            milliseconds: usual.milliseconds,
          }
        : null,
    receipt: `${BASE}/${id}/receipt`,
    changed,
  });
  showPage(exchange, changed ? 409 : 200, page);
}

export async function showDone(showing: Showing, id: string): Promise<void> {
  const { exchange, visit, wiring } = showing;
  const found = await wiring.service.optOuts.get(callerOf(visit), id, {});
  if (!found.ok || !isOwn(found.value)) return showNotice(exchange, 404, exchange.messages.trouble.notFound);
  const opening = openingOf(found.value, visit.session, wiring.service);
  const page = donePage(exchange.shell, {
    now: wiring.world.wall(),
    base: BASE,
    opening,
    turnOn: isOver(opening) ? null : formKey(visit, `${BASE}/${id}/turn-on`),
    receipt: `${BASE}/${id}/receipt`,
  });
  showPage(exchange, 200, page);
}

/** The proof that the latest change of one's own opt-out is in the ledger (C2SP tlog-proof). */
export async function sendReceipt(showing: Showing, id: string): Promise<void> {
  const { exchange, visit, wiring } = showing;
  const caller = callerOf(visit);
  const found = await wiring.service.optOuts.get(caller, id, {});
  if (!found.ok || !isOwn(found.value)) return showNotice(exchange, 404, exchange.messages.trouble.notFound);
  const receipt = await wiring.service.ledger.receipt(caller, found.value.entry);
  if (!receipt.ok) return refused(exchange, receipt.refusal);
  sendFile(exchange, `${id}.tlog-proof`, receipt.value);
}
