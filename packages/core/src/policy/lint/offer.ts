import { NEVER_WAIVABLE } from "../../opt-out/guardrail.ts";
import { type Duration, formatDuration, milliseconds } from "../../vocabulary/duration.ts";
import { type CompileContext, type Lowered, readFromRequest, report } from "../compile/context.ts";
import { lintRules } from "../compile/rule.ts";
import type { OfferDocument } from "../document/offer.ts";
import type { PolicyProblemCode, Severity } from "../problem.ts";
import type { Offer, Position, Rule } from "../revision.ts";
import { isReadAction, READ_ACTIONS } from "./read-action.ts";

/** A year, leap day included. */
export const LONGEST_TOTAL: Duration = milliseconds(366 * 24 * 3_600_000);

export interface OfferLimits {
  /** The longest total length that an Offer may state. */
  readonly longestTotal: Duration;
}

/** What the laws say of one Offer, whatever else the policy holds. */
export function lintOffer(
  { document, places, compiled: offer }: Lowered<OfferDocument, Offer>,
  context: CompileContext,
  limits: OfferLimits,
): void {
  const complain = (
    severity: Severity,
    code: PolicyProblemCode,
    message: string,
    at: Position,
    hint?: string,
  ): void => report(context.problems, severity, code, message, at, hint);
  const at = (field: keyof OfferDocument): Position => places.of(document, field);

  lintLength();
  lintControl();
  lintQuota();
  lintScope();
  lintApprovals();
  lintReaders([offer.approvals.by, offer.review.by, ...offer.approvals.from.map((group) => group.rule)]);
  if (offer.holders.has("anonymous")) lintAnonymous();
  else lintPersonal();
  if (offer.while !== null) lintWhile(offer.while);

  function lintLength(): void {
    const { default: usual, max, total } = offer.length;
    const text = document.length;
    const order = (field: "default" | "max", value: Duration, limit: Duration, name: string): void => {
      if (value <= limit) return;
      const message = `expected at most \`length.${name}\`, which is \`${formatDuration(limit)}\`, got \`${text[field]}\``;
      complain("error", "length_order", message, places.of(text, field));
    };
    order("default", usual, max, "max");
    order("max", max, total, "total");
    if (usual === 0) {
      complain("error", "length_order", "expected a length above zero", places.of(text, "default"));
    }
    if (total > limits.longestTotal) {
      const message = `expected a total of at most \`${formatDuration(limits.longestTotal)}\`, got \`${text.total}\``;
      complain("error", "total_too_long", message, places.of(text, "total"));
    }
    if (offer.review.every === 0) {
      complain("error", "review_too_late", "expected a span above zero", places.of(document.review, "every"));
    } else if (offer.review.every > total) {
      const message = `a review every \`${document.review.every}\` never comes within a total of \`${text.total}\``;
      complain("warning", "review_too_late", message, places.of(document.review, "every"));
    }
  }

  function lintQuota(): void {
    if (document.quota === undefined || offer.quota?.per !== 0) return;
    complain("error", "length_order", "expected a span above zero", places.of(document.quota, "per"));
  }

  function lintControl(): void {
    const lowers = offer.control === "authentication" || offer.control === "step-up";
    if (lowers && document.downTo === undefined) {
      complain("error", "missing_field", "expected the field `downTo`, got none", places.start);
    }
    if (!lowers && document.downTo !== undefined) {
      const message = `\`downTo\` belongs to authentication and step-up, not to \`${offer.control}\``;
      complain("error", "down_to_without_assurance", message, at("downTo"));
    }
    if (offer.control !== "session-timeout" && document.inactivity !== undefined) {
      const message = `\`inactivity\` belongs to session time-out, not to \`${offer.control}\``;
      complain("error", "wrong_value", message, at("inactivity"));
    }
  }

  function lintScope(): void {
    for (const action of offer.scope.actions) {
      if (!NEVER_WAIVABLE.has(action)) continue;
      const message = `\`${action}\` always faces the full control, so no Offer can reach it`;
      complain("error", "scope_never_waivable", message, places.of(document.scope, "actions"));
    }
  }

  function lintApprovals(): void {
    const approvals = document.approvals;
    if (approvals === undefined) return;
    if (offer.approvals.count > 0 && offer.approvals.decideWithin === 0) {
      const message = "expected time to decide, got `PT0S`";
      complain("error", "approval_without_time", message, places.of(approvals, "decideWithin"));
    }
    const { from } = offer.approvals;
    lintRules(
      from.flatMap(({ rule }) => rule ?? []),
      context.problems,
      false,
    );
    const seats = from.reduce((sum, { count }) => sum + count, 0);
    if (seats > offer.approvals.count) {
      const message = `expected a count of at least \`${seats}\`, since each person counts for one group, got \`${approvals.count}\``;
      complain("error", "approvals_below_groups", message, places.of(approvals, "count"));
    }
  }

  /** Who decides is asked about with nothing but what we hold of them. */
  function lintReaders(rules: readonly (Rule | null)[]): void {
    for (const rule of rules) {
      const unknown = rule?.when.reads.find((read) => /^(device|session|action|context)\b/.test(read));
      if (rule === null || unknown === undefined) continue;
      const message = `expected something that is held of who decides, as \`subject\`, got \`${unknown}\``;
      complain("error", "reads_nobody", message, rule.at);
    }
  }

  function lintAnonymous(): void {
    if (offer.holders.size > 1) {
      const message = "expected `anonymous` alone, since an audience shares nothing with persons";
      complain("error", "holders_mixed", message, at("holders"), "write two Offers");
    }
    if (offer.control !== "authentication") {
      const message = `expected the control \`authentication\` for \`anonymous\`, got \`${offer.control}\``;
      complain("error", "wrong_value", message, at("control"));
    }
    const writes = offer.scope.actions.filter((action) => !isReadAction(action));
    if (writes.length > 0) {
      const names = writes.map((action) => `\`${action}\``).join(", ");
      const message = `expected actions that only read, for \`anonymous\`, got ${names}`;
      const hint = `read actions: ${[...READ_ACTIONS].join(", ")}`;
      complain("error", "write_for_anonymous", message, places.of(document.scope, "actions"), hint);
    }
    if (offer.basis === "preference") {
      const message = "expected an owner's basis, since an audience cannot prefer, got `preference`";
      complain("error", "anonymous_consent", message, at("basis"), "use `waiver` or `mitigated`");
    }
    if (document.disclosure !== undefined) {
      const message = "expected no disclosure, since an audience cannot consent";
      complain("error", "anonymous_consent", message, at("disclosure"));
    }
    if (offer.budget === null) {
      const message = "expected `budget`, the uses per network, for `anonymous`, got none";
      complain("error", "anonymous_without_budget", message, places.start);
    }
    if (offer.approvals.count < 1) {
      const message = "expected at least one approval for `anonymous`, got none";
      const where = document.approvals === undefined ? places.start : at("approvals");
      complain("error", "anonymous_without_approval", message, where);
    }
    if (offer.states.length > 0) {
      const message = "expected no states, since an audience holds none";
      complain("error", "reads_nobody", message, at("states"));
    }
    const nobody = offer.while?.when.reads.find((read) => /^(subject|device|session|state)\b/.test(read));
    if (nobody !== undefined) {
      const message = `expected nothing about a person, since an audience has none, got \`${nobody}\``;
      complain("error", "reads_nobody", message, at("while"));
    }
  }

  function lintPersonal(): void {
    if (document.budget !== undefined) {
      const message = "`budget` belongs to the holder `anonymous`";
      complain("error", "budget_without_anonymous", message, at("budget"), "use `uses`");
    }
    if (offer.disclosures.size === 0 && (offer.basis === "preference" || offer.approvals.count === 0)) {
      const message = "expected `disclosure`, the text that the person consents to, got none";
      const hint = "only an owner's decision with approvals, on another basis, goes without";
      complain("error", "disclosure_missing", message, places.start, hint);
    }
  }

  function lintWhile(rule: Rule): void {
    const word = readFromRequest(rule, context.declarations);
    if (word.length === 0) return;
    const message = `\`while\` believes an enforcement point: ${word.map((read) => `\`${read}\``).join(", ")}`;
    const hint = "read what is held of the entity instead, where it can be";
    complain("warning", "attribute_from_request", message, rule.at, hint);
  }
}
