import type { Bindings } from "../policy/condition/index.ts";
import type { Offer, Policy, Protection } from "../policy/revision.ts";
import { type Duration, milliseconds } from "../vocabulary/duration.ts";
import { earlier, type Instant, plus } from "../vocabulary/instant.ts";
import { accept, type Result, refuse } from "../vocabulary/result.ts";
import type { Holder, OptOut } from "./record.ts";
import { patternCovers, patternsMeet, type Scope, scopeWithin, segmentsOf } from "./scope.ts";

/** What someone asks for, before anything is decided. Durations exist only here and in policy. */
export interface Ask {
  readonly offer: string;
  readonly holder: Holder;
  readonly scope: Scope;
  readonly length: Duration | null;
  readonly startsAt: Instant | null;
}

/** Why an ask is refused: a code, a pointer into the request, what it was compared with, and the fix. */
export interface AskRefusal {
  readonly code:
    | "offer_unknown"
    | "offer_observed"
    | "holder_not_offered"
    | "not_eligible"
    | "state_not_held"
    | "scope_beyond_offer"
    | "scope_reaches_sensitive"
    | "over_max"
    | "too_short"
    | "starts_in_the_past"
    | "starts_too_late";
  readonly pointer: string;
  readonly compared: string;
  readonly fix: string | null;
}

/** The clocks of a grant. */
export interface Clocks {
  readonly startsAt: Instant;
  readonly expiresAt: Instant;
  readonly reviewBy: Instant;
  readonly capAt: Instant;
}

const SHORTEST: Duration = milliseconds(1000);
const LATEST_START: Duration = milliseconds(90 * 24 * 3_600_000);

export interface Asker {
  readonly states: ReadonlySet<string>;
  readonly bindings: () => Bindings;
}

/** Whether the ask is one that the offer allows to this asker. Pure; the clock is the caller's. */
export function checkAsk(ask: Ask, policy: Policy, asker: Asker, now: Instant): Result<Offer, AskRefusal> {
  const offer = policy.offers.get(ask.offer);
  if (offer === undefined) {
    const known = [...policy.offers.keys()].slice(0, 10).join(", ");
    return no("offer_unknown", "/offer", `the offers are: ${known}`, null);
  }
  if (offer.mode === "observe") {
    return no("offer_observed", "/offer", `\`${offer.name}\` is only observed and waives nothing yet`, null);
  }
  if (!offer.holders.has(ask.holder.kind)) {
    const holders = [...offer.holders].join(" or ");
    return no("holder_not_offered", "/holder", `\`${offer.name}\` is for ${holders}`, null);
  }
  const missing = offer.states.find((state) => !asker.states.has(state));
  if (missing !== undefined && ask.holder.kind !== "anonymous") {
    return no("state_not_held", "/offer", `\`${offer.name}\` needs the verified state \`${missing}\``, null);
  }
  if (offer.who !== null && offer.who.when.evaluate(asker.bindings()) !== true) {
    return no("not_eligible", "/offer", `\`${offer.name}\` is not offered to this person`, null);
  }
  if (!scopeWithin(ask.scope, offer.scope)) {
    const widest = `${offer.scope.actions.join(", ")} on ${offer.scope.resources.map(({ text }) => text).join(", ")}`;
    return no("scope_beyond_offer", "/scope", `\`${offer.name}\` reaches at most ${widest}`, null);
  }
  if (reachesSensitive(ask.scope, policy)) {
    return no(
      "scope_reaches_sensitive",
      "/scope",
      "a sensitive resource always faces the full control",
      null,
    );
  }
  const length = ask.length ?? offer.length.default;
  if (length > offer.length.max)
    return no("over_max", "/length", `at most ${hours(offer.length.max)}`, isoOf(offer.length.max));
  if (length < SHORTEST) return no("too_short", "/length", "at least one second", "PT1S");
  if (ask.startsAt !== null && ask.startsAt < now) {
    return no("starts_in_the_past", "/startsAt", "a start from now on", null);
  }
  if (ask.startsAt !== null && ask.startsAt > plus(now, LATEST_START)) {
    return no("starts_too_late", "/startsAt", "a start within 90 days", null);
  }
  return accept(offer);
}

/** As many approvals as it was asked with, or more where policy now wants more. */
export function approvalsNeeded(optOut: OptOut, offer: Offer | undefined): number {
  return Math.max(optOut.approvalsNeeded, offer?.approvals.count ?? 0);
}

/** The clocks of a first grant made now. The cap counts from the start of the first grant. */
export function grantClocks(
  offer: Offer,
  asked: { readonly length: Duration; readonly startsAt: Instant | null },
  now: Instant,
): Clocks {
  const startsAt = asked.startsAt !== null && asked.startsAt > now ? asked.startsAt : now;
  const capAt = plus(startsAt, offer.length.total);
  const expiresAt = earlier(plus(startsAt, asked.length), capAt);
  return { startsAt, expiresAt, reviewBy: plus(startsAt, offer.review.every), capAt };
}

/** The clocks of a renewal: a fresh length and review from now, never past the cap (Law 2). */
export function renewedClocks(
  optOut: OptOut,
  offer: Offer,
  length: Duration,
  now: Instant,
): Result<Pick<Clocks, "expiresAt" | "reviewBy">, AskRefusal> {
  if (length > offer.length.max)
    return no("over_max", "/length", `at most ${hours(offer.length.max)}`, isoOf(offer.length.max));
  const capAt = earlier(optOut.capAt, plus(optOut.startsAt, offer.length.total));
  const expiresAt = earlier(plus(now, length), capAt);
  if (expiresAt <= optOut.expiresAt) {
    return no(
      "over_max",
      "/length",
      "its total length is used up; ask for a new one when this one ends",
      null,
    );
  }
  return accept({ expiresAt, reviewBy: plus(now, offer.review.every) });
}

/** Whether any resource that the scope may name lies in a sensitive Protection of the policy. */
export function reachesSensitive(scope: Scope, policy: Policy): boolean {
  return policy.protections.some(
    (protection) => protection.sensitive && reachesProtection(scope, protection),
  );
}

/**
 * Whether a Protection may apply to anything that the scope names: as it is asked for, or under the name that
 * the Protection gives it.
 */
export function reachesProtection(scope: Scope, { actions, resources, as }: Protection): boolean {
  const named = as?.resource ?? null;
  const renamed = as?.action ?? null;
  return (
    (actions === null ||
      scope.actions.some((action) => actions.has(action)) ||
      (renamed !== null && scope.actions.includes(renamed))) &&
    scope.resources.some(
      (ours) =>
        resources.some((theirs) => patternsMeet(ours, theirs)) ||
        (named !== null && patternCovers(ours, named.type, segmentsOf(named.id))),
    )
  );
}

function hours(length: Duration): string {
  return length >= 86_400_000
    ? `${Math.floor(length / 86_400_000)} days`
    : `${Math.floor(length / 60_000)} minutes`;
}

function isoOf(length: Duration): string {
  return length % 86_400_000 === 0 ? `P${length / 86_400_000}D` : `PT${Math.floor(length / 1000)}S`;
}

function no(
  code: AskRefusal["code"],
  pointer: string,
  compared: string,
  fix: string | null,
): { readonly ok: false; readonly refusal: AskRefusal } {
  return refuse({ code, pointer, compared, fix });
}
