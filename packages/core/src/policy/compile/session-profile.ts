import type { Duration } from "../../vocabulary/duration.ts";
import { formatDuration } from "../../vocabulary/duration.ts";
import type { SessionProfileDocument } from "../document/session-profile.ts";
import type { PresetName } from "../preset/index.ts";
import type { SessionProfile } from "../revision.ts";
import { type CompileContext, compileRule, type Placed, report } from "./context.ts";
import { readDuration } from "./protection.ts";

interface Cap {
  readonly length: Duration;
  readonly setBy: string;
}

/** The least of what the profile and its presets state, and who stated it. Null where no overall end results. */
export function compileSessionProfile(
  { document, places }: Placed<SessionProfileDocument>,
  context: CompileContext,
): SessionProfile | null {
  const { problems, presetOf } = context;
  const presets = document.preset ?? [];
  const wcag = presetOf("wcag-2.2");
  const own = {
    overall: document.overall === undefined ? null : readDuration(document.overall),
    inactivity: document.inactivity === undefined ? null : readDuration(document.inactivity),
  };
  const overall = least("overall");
  const inactivity = least("inactivity");
  if (overall === null) {
    report(
      problems,
      "error",
      "missing_field",
      "expected the field `overall`, since no preset sets it",
      places.start,
    );
    return null;
  }
  const needing = presets.find((name) => presetOf(name).inactivityNeeded);
  if (inactivity === null && needing !== undefined) {
    const message = `expected the field \`inactivity\`, which ${presetOf(needing).source} demands`;
    report(problems, "error", "missing_field", message, places.start);
  }
  if (own.overall !== null && own.inactivity !== null && own.inactivity > own.overall) {
    const message = `expected at most the overall timeout \`${document.overall}\`, got \`${document.inactivity}\``;
    report(problems, "error", "profile_order", message, places.of(document, "inactivity"));
  }
  const warnBefore = document.warnBefore === undefined ? null : readDuration(document.warnBefore);
  lintWarning(warnBefore, earliest(inactivity, overall));
  lintExtensions(inactivity);
  lintFixedEnd(overall);
  const { when } = document;
  for (const field of ["concurrent", "rotate"] as const) {
    if (when === undefined || document[field] === undefined) continue;
    const message = `\`${field}\` counts for all requests of a session, so a profile with \`when\` cannot say it`;
    const hint = "say it in a profile without `when`";
    report(problems, "error", "wrong_value", message, places.of(document, field), hint);
  }
  return {
    name: document.name,
    owner: document.owner,
    overall: overall.length,
    overallSetBy: overall.setBy,
    inactivity: inactivity?.length ?? null,
    inactivitySetBy: inactivity?.setBy ?? null,
    warnBefore,
    extensions: document.extensions ?? null,
    deviceTrust: document.deviceTrust === undefined ? null : readDuration(document.deviceTrust),
    when: when === undefined ? null : compileRule(context, places, document, "when", when, document.name),
    concurrent: document.concurrent ?? null,
    rotate: document.rotate === undefined ? null : readDuration(document.rotate),
    at: places.start,
  };

  function least(field: "overall" | "inactivity"): Cap | null {
    const stated = own[field];
    let cap: Cap | null = stated === null ? null : { length: stated, setBy: "policy" };
    for (const name of presets) {
      const preset = presetOf(name);
      const limit = preset[field];
      if (limit === null) continue;
      if (stated !== null && limit < stated) {
        const message = `\`${field}\` is at most \`${formatDuration(limit)}\` by ${preset.source}, not \`${document[field]}\``;
        report(problems, "warning", "profile_above_cap", message, places.of(document, field));
      }
      if (cap === null || limit < cap.length) cap = { length: limit, setBy: preset.source };
    }
    if (stated === null && cap !== null) lintDiffering(field, cap);
    return cap;
  }

  /** Where the profile itself says nothing, whoever reads it should see which preset decides. */
  function lintDiffering(field: "overall" | "inactivity", cap: Cap): void {
    const others = presets.map(presetOf).flatMap(({ source, ...preset }) => {
      const limit = preset[field];
      return limit === null || limit === cap.length ? [] : [`\`${formatDuration(limit)}\` of ${source}`];
    });
    if (others.length === 0) return;
    const message = `presets differ in \`${field}\`: \`${formatDuration(cap.length)}\` of ${cap.setBy} counts, since it is less than ${others.join(" and ")}`;
    const at = document.preset === undefined ? places.start : places.of(document, "preset");
    const hint = `say \`${field}\` to make it plain, at most that long`;
    report(problems, "warning", "presets_conflict", message, at, hint);
  }

  function lintWarning(warning: Duration | null, limit: Duration): void {
    const shortest = wcag.extendable?.warnBefore ?? null;
    if (warning === null) {
      if (shortest === null || limit > shortest || !presets.includes("wcag-2.2")) return;
      const message = `expected a timeout that leaves a warning of \`${formatDuration(shortest)}\`, got \`${formatDuration(limit)}\` (${wcag.source})`;
      report(problems, "error", "warning_too_short", message, places.start);
      return;
    }
    const at = places.of(document, "warnBefore");
    if (shortest !== null && warning < shortest) {
      const message = `expected a warning at least \`${formatDuration(shortest)}\` before the end, got \`${document.warnBefore}\` (${wcag.source})`;
      report(problems, "error", "warning_too_short", message, at);
    } else if (warning >= limit) {
      const message = `expected a warning shorter than the timeout \`${formatDuration(limit)}\`, got \`${document.warnBefore}\``;
      report(problems, "error", "profile_order", message, at);
    }
  }

  function lintExtensions(inactivity: Cap | null): void {
    if (document.essential !== undefined) return;
    const fewest = wcag.extendable?.extensions ?? 0;
    if (document.extensions !== undefined && document.extensions < fewest) {
      const message = `expected at least ${fewest} extensions, got \`${document.extensions}\``;
      const hint = `say why the limit is essential: \`essential: { because: … }\` (${wcag.source})`;
      report(problems, "error", "too_few_extensions", message, places.of(document, "extensions"), hint);
    }
    const extendable = presets.find((name) => presetOf(name).extendable !== null);
    const rule = extendable === undefined ? null : presetOf(extendable).extendable;
    if (rule === null || inactivity === null || inactivity.length > rule.exemptAbove) return;
    const against = presets.filter(isHard);
    if (against.length === 0) return;
    const message = `${wcag.source} lets people extend ${rule.extensions} times, ${against
      .map((name) => presetOf(name).source)
      .join(
        " and ",
      )} ${against.length === 1 ? "ends" : "end"} a session after inactivity; the shorter limit counts`;
    const at = document.preset === undefined ? places.start : places.of(document, "preset");
    report(
      problems,
      "warning",
      "presets_conflict",
      message,
      at,
      "say why the limit is essential: `essential: { because: … }`",
    );
  }

  /** Nobody extends the overall end: WCAG lets it be where it is far enough off, or essential. */
  function lintFixedEnd(overall: Cap): void {
    const rule = wcag.extendable;
    if (rule === null || document.essential !== undefined || !presets.includes("wcag-2.2")) return;
    if (overall.length > rule.exemptAbove) return;
    const message = `expected an overall timeout of more than \`${formatDuration(rule.exemptAbove)}\`, since nobody can extend it, got \`${formatDuration(overall.length)}\` of ${overall.setBy} (${wcag.source})`;
    const at = document.overall === undefined ? places.start : places.of(document, "overall");
    report(
      problems,
      "warning",
      "too_few_extensions",
      message,
      at,
      "say why the limit is essential: `essential: { because: … }`",
    );
  }
}

function earliest(inactivity: Cap | null, overall: Cap): Duration {
  return inactivity !== null && inactivity.length < overall.length ? inactivity.length : overall.length;
}

function isHard(name: PresetName): boolean {
  return name === "pci-dss" || name === "psd2";
}
