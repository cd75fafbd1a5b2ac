import { type TimeOutPage, timeOutPage } from "@postern/console";
import { parseResourcePattern, type ReasonCode, type ResourcePattern } from "@postern/core";
import type { OfferView, OptOutView, SessionDetail } from "@postern/service";
import { questionFor } from "../session/own-session.ts";
import type { Acting } from "./acts.ts";
import { type Exchange, goTo, showPage } from "./exchange.ts";
import type { Visit } from "./people-sessions.ts";
import { refused } from "./refused.ts";
import { fromOf, lengthOf } from "./sessions.ts";
import { forPeople, offersFor, type Showing, timeOutChosen } from "./showing.ts";
import { BASE, disclosureOf, formKey, mayOpen, pathIn, TIME_OUT } from "./view.ts";

/** Protections that the page looks through for places where a choice does not count. */
const MOST_PLACES = 100;

export type TimeOutRoute =
  | { readonly kind: "time-out" }
  | { readonly kind: "time-out-act"; readonly shared: boolean };

export function timeOutRouteOf(path: string): TimeOutRoute | null {
  if (path === TIME_OUT || path === `${TIME_OUT}/`) return { kind: "time-out" };
  if (path === `${TIME_OUT}/shared`) return { kind: "time-out-act", shared: true };
  return path === `${TIME_OUT}/alone` ? { kind: "time-out-act", shared: false } : null;
}

/** Milliseconds without activity after which this session ends, a choice counted in; null: it does not. */
export function inactivityOf({ limits, optOut }: Pick<SessionDetail, "limits" | "optOut">): number | null {
  if (optOut !== null) return optOut.inactivity === null ? null : lengthOf(optOut.inactivity);
  return limits.inactivity === null ? null : lengthOf(limits.inactivity.length);
}

/** The pages of a visit say when its person is signed out. */
export function timed(exchange: Exchange, visit: Visit, { service }: Showing["wiring"]): Exchange {
  const signedOutAfter = inactivityOf(service.sessions.ends(visit.session));
  return { ...exchange, shell: { ...exchange.shell, signedOutAfter } };
}

/** The choices of when being away signs a person out. */
export async function timeOutOffers(showing: Showing): Promise<readonly OfferView[]> {
  const offers = await offersFor(showing);
  return offers.ok
    ? offers.value.filter(
        (offer) => offer.control === "session-timeout" && offer.mode === "enforce" && forPeople(offer),
      )
    : [];
}

export async function showTimeOut(showing: Showing): Promise<void> {
  const { exchange, visit, wiring } = showing;
  const { service, world } = wiring;
  const ends = service.sessions.ends(visit.session);
  const usual = ends.limits.inactivity === null ? null : lengthOf(ends.limits.inactivity.length);
  const [offers, held] = await Promise.all([timeOutOffers(showing), timeOutChosen(showing)]);
  const page: TimeOutPage = {
    now: world.wall(),
    inactivity: inactivityOf(ends),
    usual,
    overall: { length: lengthOf(ends.limits.overall.length), at: Date.parse(ends.limits.overall.endsAt) },
    choices: offers
      .map((offer) => ({
        inactivity: offer.inactivity === null ? null : lengthOf(offer.inactivity),
        href: `${BASE}/offers/${encodeURIComponent(offer.name)}`,
        title: disclosureOf(offer, exchange.locales)?.title ?? null,
      }))
      // What lets pass no more than applies anyway is no choice.
      .filter(({ inactivity }) => inactivity === null || (usual !== null && inactivity > usual))
      .toSorted((a, b) => (a.inactivity ?? Number.MAX_VALUE) - (b.inactivity ?? Number.MAX_VALUE)),
    chosen: held === null ? null : await chosenOf(held, ends.optOut?.id === held.id, showing),
    browser: browserOf(visit),
    overridden: await overriddenIn(showing, usual),
  };
  showPage(exchange, 200, timeOutPage(exchange.shell, page));
}

async function chosenOf(
  held: OptOutView,
  counts: boolean,
  showing: Showing,
): Promise<NonNullable<TimeOutPage["chosen"]>> {
  const { visit } = showing;
  return {
    inactivity: held.inactivity === null ? null : lengthOf(held.inactivity),
    until: Math.min(...[held.expiresAt, held.reviewBy, held.capAt].map((text) => Date.parse(text))),
    state:
      held.state === "pending"
        ? "waits"
        : held.state === "suspended"
          ? "suspended"
          : counts
            ? "counts"
            : "ignored",
    why: counts || held.state === "suspended" ? [] : await whyIgnored(held, showing),
    details: `${BASE}/${held.id}`,
    turnOn: formKey(visit, `${BASE}/${held.id}/turn-on`),
  };
}

async function whyIgnored(held: OptOutView, showing: Showing): Promise<readonly ReasonCode[]> {
  const { session } = showing.visit;
  if (session.shared === true) return ["guardrail_shared_device"];
  const asked = await ownAt(patternsOf(held.scope.resources)[0], showing);
  const ignored = asked?.optOut?.id === held.id ? asked.optOut.ignored : null;
  // That nobody has said whether others use the browser is asked right there.
  const unsaid = session.device === null && session.shared === undefined;
  return [...(ignored === null || unsaid ? [] : [ignored]), ...held.paused];
}

async function ownAt(pattern: ResourcePattern | undefined, { exchange, visit, wiring }: Showing) {
  if (pattern === undefined || pattern.type !== "route") return null;
  const { client, network } = fromOf(exchange, wiring);
  const own = await wiring.service.sessions.own(
    questionFor(pathIn(pattern), { session: visit.session, client, network, deviceProof: null }),
  );
  return own.state === "none" ? null : own;
}

function browserOf(visit: Visit): TimeOutPage["browser"] {
  const { shared, device } = visit.session;
  const others = () => formKey(visit, `${TIME_OUT}/shared`);
  if (shared === true) return { kind: "shared" };
  if (shared === false) return { kind: "alone", others: others() };
  return device === null
    ? { kind: "unsaid", alone: formKey(visit, `${TIME_OUT}/alone`), others: others() }
    : { kind: "device" };
}

/** Where less is let pass than usual, whatever was chosen, or a choice does not count; of what this person may open. */
async function overriddenIn(showing: Showing, usual: number | null): Promise<TimeOutPage["overridden"]> {
  const { visit, wiring } = showing;
  const { policy, decisions } = wiring.service;
  const found: TimeOutPage["overridden"][number][] = [];
  const places = policy.protections().filter(({ mode }) => mode === "enforce");
  for (const { resources, sensitive } of places.slice(0, MOST_PLACES)) {
    const open = patternsOf(resources).filter((pattern) => mayOpen(visit, pattern, decisions));
    const named = open.map(({ text }) => text);
    if (open.length === 0) continue;
    if (sensitive) {
      found.push({ resources: named, because: { kind: "sensitive" } });
      continue;
    }
    const own = await ownAt(open[0], showing);
    const rest = own?.limits.inactivity ?? null;
    const length = rest === null ? null : lengthOf(rest.length);
    const carried = own?.optOut?.inForce === true;
    if (length !== null && !carried && (usual === null || length < usual))
      found.push({ resources: named, because: { kind: "shorter", inactivity: length } });
  }
  return found;
}

function patternsOf(texts: readonly string[]): readonly ResourcePattern[] {
  return texts.flatMap((text) => {
    const read = parseResourcePattern(text);
    return read.ok ? [read.value] : [];
  });
}

/** A person's word on their browser: that others use it, at any time; that nobody does, where it was never said. */
export async function sayShared({ exchange, visit, wiring }: Acting, shared: boolean): Promise<void> {
  const { network } = fromOf(exchange, wiring);
  const said = await wiring.service.sessions.says(visit.session, shared, network);
  return said.ok ? goTo(exchange, TIME_OUT) : refused(exchange, said.refusal);
}
