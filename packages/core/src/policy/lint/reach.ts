import type { ResourcePattern } from "../../opt-out/scope.ts";
import { patternsMeet } from "../../opt-out/scope.ts";
import { type Assurance, reaches, stricter } from "../../vocabulary/assurance.ts";
import { type CompileContext, type Lowered, report } from "../compile/context.ts";
import type { OfferDocument } from "../document/offer.ts";
import type { ProtectionDocument } from "../document/protection.ts";
import type { Offer, Protection, RiskPolicy } from "../revision.ts";

type Reached = Lowered<ProtectionDocument, Protection>;

/** What Offers reach among the Protections: never what is sensitive, and not nothing. */
export function lintReach(
  offers: readonly Lowered<OfferDocument, Offer>[],
  protections: readonly Reached[],
  risk: RiskPolicy | null,
  context: CompileContext,
): void {
  const risky = risk !== null && risk.requires.size > 0;
  const known = risk !== null && (risk.rules.length > 0 || risk.scoring !== undefined);
  const groups = groupByStart(protections);
  for (const offer of offers) lintOne(offer);

  function lintOne({ document, places, compiled: offer }: Lowered<OfferDocument, Offer>): void {
    const { problems } = context;
    if (offer.riskAtMost !== null && !known && document.risk !== undefined) {
      const message = `\`risk.atMost\` is \`${offer.riskAtMost}\`, and no Risk document gives a level, so it is never honoured`;
      report(problems, "warning", "risk_never_known", message, places.of(document, "risk"));
    }
    const { resources } = document.scope;
    if (offer.scope.resources.length === 0) return;
    const met = new Set<Protection>();
    for (const [place, pattern] of offer.scope.resources.entries()) {
      for (const { compiled: protection } of candidates(groups, pattern)) {
        if (!protection.resources.some((own) => patternsMeet(own, pattern))) continue;
        const actions = protection.actions;
        if (actions !== null && !offer.scope.actions.some((action) => actions.has(action))) continue;
        met.add(protection);
        if (!protection.sensitive) continue;
        const severity = protection.mode === "enforce" ? "error" : "warning";
        const where = `${protection.at.file}:${protection.at.line}`;
        const message = `\`${pattern.text}\` reaches the sensitive Protection \`${protection.name}\` (${where})`;
        report(problems, severity, "scope_reaches_sensitive", message, places.of(resources, place));
      }
    }
    if (met.size === 0) {
      const message = "no Protection covers anything in this scope, so there is nothing to waive";
      report(problems, "warning", "scope_unprotected", message, places.of(document, "scope"));
    } else if (document.downTo !== undefined) lintDownTo(document.downTo, [...met]);

    function lintDownTo(downTo: Assurance, reached: readonly Protection[]): void {
      const at = places.of(document, "downTo");
      const floor = reached.reduce<Assurance>((most, { floor }) => stricter(most, floor), "none");
      if (!reaches(downTo, floor)) {
        const message = `\`downTo\` is \`${downTo}\`, but a floor of \`${floor}\` holds in this scope and wins`;
        report(problems, "warning", "down_to_below_floor", message, at);
      }
      const asks = (one: Protection): Assurance =>
        offer.control === "step-up" ? (one.stepUp?.assurance ?? "none") : one.assurance;
      const most = reached.reduce<Assurance>((top, one) => stricter(top, asks(one)), "none");
      const fresh = offer.control === "step-up" && reached.some((one) => one.stepUp?.maxAge != null);
      if (reaches(downTo, most) && !fresh && !(offer.control === "step-up" && risky)) {
        const message = `\`downTo\` is \`${downTo}\`, and nothing in this scope asks for more`;
        report(problems, "warning", "down_to_not_lower", message, at);
      }
    }
  }
}

interface Groups {
  readonly byStart: ReadonlyMap<string, readonly Reached[]>;
  readonly everywhere: ReadonlyMap<string, readonly Reached[]>;
}

/** By type and first segment, so that many Offers over many Protections stay quick to compare. */
function groupByStart(protections: readonly Reached[]): Groups {
  const byStart = new Map<string, Reached[]>();
  const everywhere = new Map<string, Reached[]>();
  for (const one of protections) {
    for (const pattern of one.compiled.resources) {
      const start = startOf(pattern);
      const [group, key] = start === null ? [everywhere, pattern.type] : [byStart, start];
      const list = group.get(key);
      if (list === undefined) group.set(key, [one]);
      else if (list.at(-1) !== one) list.push(one);
    }
  }
  return { byStart, everywhere };
}

/** An Offer's pattern that begins with a wildcard meets any start. */
function* candidates(groups: Groups, pattern: ResourcePattern): Iterable<Reached> {
  const start = startOf(pattern);
  const seen = new Set<Reached>();
  const lists = [...(groups.everywhere.has(pattern.type) ? [groups.everywhere.get(pattern.type) ?? []] : [])];
  if (start !== null) lists.push(groups.byStart.get(start) ?? []);
  else for (const [key, list] of groups.byStart) if (key.startsWith(`${pattern.type}:`)) lists.push(list);
  for (const list of lists) {
    for (const one of list) {
      if (seen.has(one)) continue;
      seen.add(one);
      yield one;
    }
  }
}

function startOf(pattern: ResourcePattern): string | null {
  const first = pattern.segments[0];
  if (first === undefined || first === "*") return null;
  return `${pattern.type}:${pattern.type === "route" ? first.toLowerCase() : first}`;
}
