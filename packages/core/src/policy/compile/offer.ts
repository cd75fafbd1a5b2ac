import type { Disclosure } from "../../opt-out/disclosure.ts";
import { parseScope, type ResourcePattern, type Scope } from "../../opt-out/scope.ts";
import { milliseconds } from "../../vocabulary/duration.ts";
import type { OfferDocument } from "../document/offer.ts";
import type { Offer, Rule } from "../revision.ts";
import { type CompileContext, compileRule, type Placed, report } from "./context.ts";
import { readDuration, readUntil } from "./protection.ts";
import { readResource } from "./resource.ts";

const NO_SCOPE: Scope = { actions: [], resources: [] };
const DECIDE_WITHIN = milliseconds(24 * 3_600_000);

/** What does not read is reported and left out, so that the rest can still be checked. */
export function compileOffer({ document, places }: Placed<OfferDocument>, context: CompileContext): Offer {
  const scope = readScope();
  const rule = (key: "who" | "while"): Rule | null => {
    const text = document[key];
    return text === undefined ? null : compileRule(context, places, document, key, text, key);
  };
  const approvals = document.approvals;
  const by =
    approvals?.by === undefined
      ? null
      : compileRule(context, places, approvals, "by", approvals.by, "approver");
  const from = (approvals?.from ?? []).map((group) => ({
    name: group.name,
    count: group.count,
    rule: compileRule(context, places, group, "when", group.when, group.name),
  }));
  const reviewer =
    document.review.by === undefined
      ? null
      : compileRule(context, places, document.review, "by", document.review.by, "reviewer");
  const who = rule("who");
  const holds = rule("while");
  const { length, budget, quota } = document;
  return {
    kind: "Offer",
    name: document.name,
    owner: document.owner,
    mode: document.mode,
    observeUntil: readUntil(document.observeUntil),
    at: places.start,
    control: document.control,
    holders: new Set(document.holders),
    basis: document.basis,
    who,
    while: holds,
    states: document.states ?? [],
    riskAtMost: document.risk?.atMost ?? null,
    scope,
    downTo: document.downTo ?? "none",
    inactivity: document.inactivity === undefined ? null : readDuration(document.inactivity),
    length: {
      default: readDuration(length.default),
      max: readDuration(length.max),
      total: readDuration(length.total),
    },
    uses: document.uses ?? null,
    approvals: {
      count: approvals?.count ?? 0,
      by,
      from,
      decideWithin:
        approvals?.decideWithin === undefined ? DECIDE_WITHIN : readDuration(approvals.decideWithin),
    },
    review: { every: readDuration(document.review.every), by: reviewer },
    quota: quota === undefined ? null : { requests: quota.requests, per: readDuration(quota.per) },
    budget: budget === undefined ? null : { uses: budget.uses, per: readDuration(budget.per) },
    disclosures: new Map(
      Object.entries(document.disclosure ?? {}).map(([locale, text]): [string, Disclosure] => [
        locale,
        { locale, ...text },
      ]),
    ),
  };

  function readScope(): Scope {
    const { actions, resources } = document.scope;
    const parsed = parseScope(actions, resources);
    if (!parsed.ok) {
      report(context.problems, "error", "scope_is_everything", parsed.refusal, places.of(document, "scope"));
      return NO_SCOPE;
    }
    const patterns: ResourcePattern[] = [];
    for (const [place, text] of resources.entries()) {
      const read = readResource(text);
      if (read.ok) patterns.push(read.value);
      else {
        report(
          context.problems,
          "error",
          "resource_not_canonical",
          read.refusal,
          places.of(resources, place),
        );
      }
    }
    return patterns.length < resources.length
      ? NO_SCOPE
      : { actions: parsed.value.actions, resources: patterns };
  }
}
