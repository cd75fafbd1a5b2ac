import type { Coverage } from "../../signal/concern.ts";
import { canBeCleared } from "../../signal/statement.ts";
import type { SignalRuleDocument } from "../document/signal-rule.ts";
import { nearest } from "../nearest.ts";
import type { SignalRule } from "../revision.ts";
import { type CompileContext, type Placed, report } from "./context.ts";
import { readDuration, readStepUp } from "./protection.ts";

/** Reports what could never act, never end, or names an Offer that is not there. */
export function compileSignalRule(
  { document, places }: Placed<SignalRuleDocument>,
  { problems }: CompileContext,
  offers: ReadonlySet<string>,
): SignalRule {
  const { suspend, resume } = document;
  const covers = suspend === undefined ? null : coverageOf(suspend);
  const error = (code: Parameters<typeof report>[2], message: string, parent: object, key: string): void =>
    report(problems, "error", code, message, places.of(parent, key));

  if (covers === null && document.endSessions === undefined)
    report(
      problems,
      "error",
      "signal_does_nothing",
      "expected `suspend` or `endSessions`, since nothing else follows from a signal",
      places.start,
    );
  if (suspend !== undefined && covers === null)
    error(
      "signal_does_nothing",
      "expected `all: true`, `controls` or `offers` in `suspend`, got neither",
      document,
      "suspend",
    );
  if (suspend?.all === true && (suspend.controls !== undefined || suspend.offers !== undefined))
    error("signal_does_nothing", "expected `all` or a choice in `suspend`, got both", suspend, "all");
  for (const [place, name] of (suspend?.offers ?? []).entries()) {
    if (offers.has(name) || suspend?.offers === undefined) continue;
    const near = nearest(name, [...offers]);
    report(
      problems,
      "error",
      "unknown_offer",
      `expected the name of an Offer, got \`${name}\``,
      places.of(suspend.offers, place),
      near === undefined ? undefined : `did you mean \`${near}\`?`,
    );
  }
  if (document.level !== undefined && !document.signals.includes("risk-level-change"))
    error(
      "signal_level",
      "expected `level` only with `risk-level-change`, since no other signal has one",
      document,
      "level",
    );
  if (resume !== undefined && covers === null)
    error("signal_does_nothing", "expected `suspend`, since nothing is there to resume", document, "resume");
  if (resume?.calmSince === "cleared" && !document.signals.some(canBeCleared))
    error(
      "calm_never_begins",
      "expected a signal that can say that all is well again, since calm counts from it",
      resume,
      "calmSince",
    );
  if (resume?.calmSince !== undefined && resume.calm === undefined)
    error("missing_field", "expected the field `calm` beside `calmSince`", resume, "calmSince");
  const terms = termsOf(resume);
  if (covers !== null && terms.calm === null && terms.stepUp === null && !terms.person)
    report(
      problems,
      "warning",
      "no_way_back",
      "nothing lets it resume, so what it suspends stays so until it ends",
      places.of(document, "resume"),
    );
  return {
    name: document.name,
    owner: document.owner,
    mode: document.mode,
    kinds: new Set(document.signals),
    level: document.level ?? null,
    from: document.from === undefined ? null : new Set(document.from),
    covers,
    endSessions: document.endSessions ?? null,
    resume: terms,
    at: places.start,
  };
}

function coverageOf({ all, controls, offers }: NonNullable<SignalRuleDocument["suspend"]>): Coverage | null {
  if (all === true) return { controls: null, offers: null };
  if (controls === undefined && offers === undefined) return null;
  return { controls: controls ?? [], offers: offers ?? [] };
}

function termsOf(resume: SignalRuleDocument["resume"]): SignalRule["resume"] {
  if (resume === undefined) return { calm: null, stepUp: null, person: true };
  const { calm, calmSince, stepUp, person } = resume;
  return {
    calm: calm === undefined ? null : { length: readDuration(calm), since: calmSince ?? null },
    stepUp: stepUp === undefined ? null : readStepUp(stepUp),
    person: person === true,
  };
}
