import type { FormKey, Kept, Offered, Opening, ShownDisclosure, Where } from "@postern/console";
import {
  chooseLocale,
  parseResourcePattern,
  patternsMeet,
  type ResourcePattern,
  type Session,
} from "@postern/core";
import type { DisclosureView, OfferView, OptOutView, Service } from "@postern/service";
import type { Visit } from "./people-sessions.ts";

export const BASE = "/me/protection";
export const INBOX = "/me/inbox";
export const CHALLENGES = "/me/challenges";
export const DEVICES = "/me/devices";
export const SESSIONS = "/me/sessions";
export const TIME_OUT = "/me/protection/time-out";

const OVER: ReadonlySet<Opening["state"]> = new Set(["expired", "revoked", "denied", "withdrawn", "lapsed"]);

export function isOver({ state }: Opening): boolean {
  return OVER.has(state);
}

/** A person's own opt-out as the pages show it. */
export function openingOf(
  view: OptOutView,
  session: Session,
  { sessions, devices }: Pick<Service, "sessions" | "devices">,
): Opening {
  const self = sessions.subjectOf(session);
  const at = (text: string): number => Date.parse(text);
  const given = view.consent.given;
  const own = self !== null && view.requestedBy.type === self.type && view.requestedBy.id === self.id;
  return {
    id: view.id,
    control: view.control,
    resources: view.scope.resources,
    actions: view.scope.actions,
    where: whereOf(view, sessions.deviceOf(session), (id) => nameOfDevice(id, session, { devices })),
    state: view.state,
    by: own ? "you" : "organisation",
    requestedAt: at(view.requestedAt),
    decideBy: at(view.decideBy),
    startsAt: at(view.startsAt),
    expiresAt: at(view.expiresAt),
    reviewBy: at(view.reviewBy),
    capAt: at(view.capAt),
    paused: pausedHere(view, session),
    used: view.uses.used,
    usesMax: view.uses.max,
    reason: view.reason,
    consentNeeded: view.consent.needed,
    consentedAt: given === null ? null : at(given.at),
    approvalsLeft: view.approvals.left,
  };
}

/** Nothing counts in a browser that others use, whatever is chosen. */
function pausedHere({ state, paused }: OptOutView, { shared }: Session): Opening["paused"] {
  const reason = "guardrail_shared_device";
  return shared !== true || state !== "active" || paused.includes(reason) ? paused : [reason, ...paused];
}

/** What its person calls it; of a device that they did not register, its own name. */
export function nameOfDevice(id: string, session: Session, { devices }: Pick<Service, "devices">): string {
  const label = devices?.own(session).find((device) => device.id === id)?.label ?? "";
  return label === "" ? id : label;
}

function whereOf(
  { holder }: OptOutView,
  here: { readonly type: string; readonly id: string } | null,
  nameOf: (id: string) => string,
): Where {
  switch (holder.kind) {
    case "subject":
      return { kind: "account" };
    case "anonymous":
      return { kind: "visitors" };
    case "device": {
      const id = holder.device?.id ?? "";
      return { kind: here !== null && here.id === id ? "this-device" : "other-device", name: nameOf(id) };
    }
    default:
      return holder.kind satisfies never;
  }
}

export function offeredOf(offer: OfferView, locales: readonly string[]): Offered {
  return {
    name: offer.name,
    title: disclosureOf(offer, locales)?.title ?? null,
    control: offer.control,
    resources: offer.scope.resources,
    open: offer.mode === "enforce",
  };
}

export function shownDisclosure(view: DisclosureView): ShownDisclosure {
  return { ...view, more: view.more ?? null };
}

/** In the reader's language where the offer has it. */
export function disclosureOf(offer: OfferView, locales: readonly string[]): ShownDisclosure | null {
  const locale = chooseLocale(Object.keys(offer.disclosures), locales);
  const found = locale === undefined ? undefined : offer.disclosures[locale];
  return found === undefined ? null : shownDisclosure(found);
}

export function formKey(visit: Visit, action: string): FormKey {
  return { action, nonce: visit.issue(action) };
}

/**
 * What stays on for this person whatever they choose: sensitive things, and second steps that nothing is
 * offered for, to anybody or on any device. What they may not open anyway is not named to them.
 */
export function keptFor(
  visit: Visit,
  { policy, decisions }: Pick<Service, "policy" | "decisions">,
): readonly Kept[] {
  const offered = policy
    .offers()
    .filter(({ mode, holders }) => mode === "enforce" && holders.some((kind) => kind !== "anonymous"))
    .flatMap(({ scope }) => scope.resources.flatMap(patternsOf));
  const kept: Kept[] = [];
  for (const { name, mode, sensitive, resources, stepUp } of policy.protections()) {
    if (mode !== "enforce" || (!sensitive && stepUp === null)) continue;
    const patterns = resources.flatMap(patternsOf);
    if (!sensitive && patterns.some((one) => offered.some((other) => patternsMeet(one, other)))) continue;
    const open = patterns.filter((pattern) => mayOpen(visit, pattern, decisions));
    if (open.length > 0) kept.push({ name, resources: open.map(({ text }) => text), sensitive });
  }
  return kept;
}

/** Whether policy would let this person there at all, whatever it asks for first. */
export function mayOpen(
  visit: Visit,
  pattern: ResourcePattern,
  decisions: Pick<Service["decisions"], "consider">,
): boolean {
  const path = pathIn(pattern);
  const { decision } = decisions.consider({
    subject: null,
    action: { name: "get" },
    resource: { type: pattern.type, id: pattern.type === "route" ? path : path.slice(1) },
    session: visit.session,
    askedBy: "people",
  });
  return decision.unmet.every(({ requirement }) => requirement.kind !== "permitted");
}

/** A path that lies within a pattern. */
export function pathIn({ segments }: ResourcePattern): string {
  return `/${segments.map((segment) => (segment === "*" ? "any" : segment)).join("/")}`;
}

function patternsOf(text: string): readonly ResourcePattern[] {
  const read = parseResourcePattern(text);
  return read.ok ? [read.value] : [];
}
