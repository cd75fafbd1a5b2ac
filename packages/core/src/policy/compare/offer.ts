import { canonical } from "../../event/canonical.ts";
import { scopeWithin } from "../../opt-out/scope.ts";
import { reaches } from "../../vocabulary/assurance.ts";
import { formatInstant } from "../../vocabulary/instant.ts";
import type { Offer, Policy } from "../revision.ts";
import {
  compareGuard,
  compareLimit,
  type Note,
  textOfLength,
  textOfRule,
  textOfSet,
  type Verdict,
} from "./change.ts";
import type { Notes } from "./protection.ts";

const RISK = { low: 0, medium: 1, high: 2 } as const;

export function* compareOffers(from: Policy, to: Policy, notes: Notes): Generator<void> {
  for (const [name, old] of from.offers) {
    if (to.offers.has(name)) continue;
    notes("Offer", name)(old.mode === "enforce" ? "narrower" : "neutral", null, old.mode, null, old.at);
  }
  for (const [name, offer] of to.offers) {
    const note = notes("Offer", name);
    const old = from.offers.get(name);
    if (old === undefined)
      note(offer.mode === "enforce" ? "wider" : "neutral", null, null, offer.mode, offer.at);
    else compareOffer(old, offer, note);
    yield;
  }
}

function compareOffer(old: Offer, offer: Offer, note: Note): void {
  // An Offer that is not enforced waives nothing, so whatever it says cannot widen.
  const idle = offer.mode !== "enforce";
  const say = (verdict: Verdict, field: string, a: string | null, b: string | null): void => {
    if (verdict === undefined) return;
    note(idle && field !== "mode" ? "neutral" : verdict, field, a, b, offer.at);
  };
  if (old.mode !== offer.mode) {
    const verdict = offer.mode === "enforce" ? "wider" : old.mode === "enforce" ? "narrower" : "neutral";
    say(verdict, "mode", old.mode, offer.mode);
  }
  if (old.observeUntil !== offer.observeUntil) {
    const text = (of: Offer): string | null =>
      of.observeUntil === null ? null : formatInstant(of.observeUntil);
    say("neutral", "observeUntil", text(old), text(offer));
  }
  if (old.control !== offer.control) say("wider", "control", old.control, offer.control);
  if (old.basis !== offer.basis) say("wider", "basis", old.basis, offer.basis);
  const guards: readonly [string, Offer["who"], Offer["who"]][] = [
    ["who", old.who, offer.who],
    ["while", old.while, offer.while],
    ["approvals.by", old.approvals.by, offer.approvals.by],
  ];
  for (const [field, a, b] of guards) say(compareGuard(a, b), field, textOfRule(a), textOfRule(b));
  // Without one whoever approves reviews: a rule that is added may let in others, as one that is taken away may.
  const reviewers = [textOfRule(old.review.by), textOfRule(offer.review.by)] as const;
  if (reviewers[0] !== reviewers[1]) say("wider", "review.by", ...reviewers);
  compareSet("holders", old.holders, offer.holders, "wider");
  compareSet("states", new Set(old.states), new Set(offer.states), "narrower");
  const risk = (of: Offer): number | null => (of.riskAtMost === null ? null : RISK[of.riskAtMost]);
  say(compareLimit(risk(old), risk(offer)), "risk.atMost", old.riskAtMost, offer.riskAtMost);
  compareScope();
  if (old.downTo !== offer.downTo) {
    say(reaches(offer.downTo, old.downTo) ? "narrower" : "wider", "downTo", old.downTo, offer.downTo);
  }
  say(
    compareLimit(old.inactivity, offer.inactivity),
    "inactivity",
    textOfLength(old.inactivity),
    textOfLength(offer.inactivity),
  );
  for (const field of ["default", "max", "total"] as const) {
    const [a, b] = [old.length[field], offer.length[field]];
    say(compareLimit(a, b), `length.${field}`, textOfLength(a), textOfLength(b));
  }
  say(compareLimit(old.uses, offer.uses), "uses", number(old.uses), number(offer.uses));
  const approvals = [old.approvals, offer.approvals] as const;
  say(
    compareLimit(approvals[1].count, approvals[0].count),
    "approvals.count",
    String(approvals[0].count),
    String(approvals[1].count),
  );
  say(
    compareLimit(approvals[0].decideWithin, approvals[1].decideWithin),
    "approvals.decideWithin",
    textOfLength(approvals[0].decideWithin),
    textOfLength(approvals[1].decideWithin),
  );
  compareGroups();
  const reviews = [old.review.every, offer.review.every] as const;
  say(compareLimit(...reviews), "review.every", textOfLength(reviews[0]), textOfLength(reviews[1]));
  compareQuota();
  compareBudget();
  compareDisclosures();
  if (old.owner !== offer.owner) say("neutral", "owner", old.owner, offer.owner);

  /** `more` says which way a longer set goes. */
  function compareSet(
    field: string,
    a: ReadonlySet<string>,
    b: ReadonlySet<string>,
    more: "wider" | "narrower",
  ): void {
    const [added, gone] = [[...b].some((one) => !a.has(one)), [...a].some((one) => !b.has(one))];
    if (!added && !gone) return;
    const wider = more === "wider" ? added : gone;
    say(wider ? "wider" : "narrower", field, textOfSet(a), textOfSet(b));
  }

  function compareScope(): void {
    const text = ({ scope }: Offer): string =>
      `${textOfSet(scope.actions)} on ${textOfSet(scope.resources.map((one) => one.text))}`;
    if (text(old) === text(offer)) return;
    say(scopeWithin(offer.scope, old.scope) ? "narrower" : "wider", "scope", text(old), text(offer));
  }

  /** Narrower where every group still has to agree, as many of it, by the same condition. */
  function compareGroups(): void {
    const text = ({ approvals: { from: groups } }: Offer): string | null =>
      groups.length === 0
        ? null
        : groups.map(({ name, count, rule }) => `${count} of ${name} (${textOfRule(rule)})`).join(", ");
    if (text(old) === text(offer)) return;
    const kept = old.approvals.from.every((group) =>
      offer.approvals.from.some(
        ({ name, count, rule }) =>
          name === group.name && count >= group.count && textOfRule(rule) === textOfRule(group.rule),
      ),
    );
    say(kept ? "narrower" : "wider", "approvals.from", text(old), text(offer));
  }

  function compareQuota(): void {
    const text = ({ quota }: Offer): string | null =>
      quota === null ? null : `${quota.requests} in ${textOfLength(quota.per)}`;
    if (text(old) === text(offer)) return;
    const [a, b] = [old.quota, offer.quota];
    const narrower = b !== null && (a === null || (b.requests <= a.requests && b.per >= a.per));
    say(narrower ? "narrower" : "wider", "quota", text(old), text(offer));
  }

  function compareBudget(): void {
    const text = ({ budget }: Offer): string | null =>
      budget === null ? null : `${budget.uses} in ${textOfLength(budget.per)}`;
    if (text(old) === text(offer)) return;
    const [a, b] = [old.budget, offer.budget];
    const narrower = b !== null && (a === null || (b.uses <= a.uses && b.per >= a.per));
    say(narrower ? "narrower" : "wider", "budget", text(old), text(offer));
  }

  function compareDisclosures(): void {
    const [a, b] = [old.disclosures, offer.disclosures];
    const text = (all: Offer["disclosures"]): string => canonical(Object.fromEntries(all));
    if (text(a) === text(b)) return;
    // Without any text nobody consents; with another text people are asked again.
    const lost = a.size > 0 && b.size === 0;
    say(lost ? "wider" : "neutral", "disclosure", textOfSet(a.keys()), textOfSet(b.keys()));
  }
}

function number(value: number | null): string | null {
  return value === null ? null : String(value);
}
