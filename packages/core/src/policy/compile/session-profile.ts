import type { Duration } from "../../vocabulary/duration.ts";
import { formatDuration, milliseconds } from "../../vocabulary/duration.ts";
import type { SessionProfileDocument } from "../document/session-profile.ts";
import { type PresetName, presetOf } from "../preset/index.ts";
import type { SessionProfile } from "../revision.ts";
import { type CompileContext, compileRule, type Placed, report } from "./context.ts";
import { readDuration } from "./protection.ts";

interface Cap {
  readonly length: Duration;
  readonly setBy: string;
}

const SHORTEST_WARNING = milliseconds(20_000);
const FEWEST_EXTENSIONS = 10;

/** The least of what the profile and its presets state, and who stated it. Null where no overall end results. */
export function compileSessionProfile(
  { document, places }: Placed<SessionProfileDocument>,
  context: CompileContext,
): SessionProfile | null {
  const { problems } = context;
  const presets = document.preset ?? [];
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
  lintWarning(warnBefore, inactivity?.length ?? overall.length);
  lintExtensions(inactivity);
  const { when } = document;
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
        const message = `\`${field}\` is \`${formatDuration(limit)}\` by ${preset.source}, not \`${document[field]}\``;
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
    if (warning === null) return;
    const at = places.of(document, "warnBefore");
    if (warning < SHORTEST_WARNING) {
      const message = `expected a warning at least \`PT20S\` before the end, got \`${document.warnBefore}\``;
      report(problems, "error", "warning_too_short", message, at);
    } else if (warning >= limit) {
      const message = `expected a warning within \`${formatDuration(limit)}\`, got \`${document.warnBefore}\``;
      report(problems, "error", "profile_order", message, at);
    }
  }

  function lintExtensions(inactivity: Cap | null): void {
    if (document.essential !== undefined) return;
    if (document.extensions !== undefined && document.extensions < FEWEST_EXTENSIONS) {
      const message = `expected at least ${FEWEST_EXTENSIONS} extensions, got \`${document.extensions}\``;
      const hint = "say why the limit is `essential` (WCAG 2.2.1)";
      report(problems, "error", "too_few_extensions", message, places.of(document, "extensions"), hint);
    }
    const extendable = presets.find((name) => presetOf(name).extendable !== null);
    const rule = extendable === undefined ? null : presetOf(extendable).extendable;
    if (rule === null || inactivity === null || inactivity.length > rule.exemptAbove) return;
    const against = presets.filter(isHard);
    if (against.length === 0) return;
    const message = `${presetOf("wcag-2.2").source} lets people extend ten times, ${against
      .map((name) => presetOf(name).source)
      .join(" and ")} ends a session after inactivity; the shorter limit counts`;
    const at = document.preset === undefined ? places.start : places.of(document, "preset");
    report(problems, "warning", "presets_conflict", message, at, "say why the limit is `essential`");
  }
}

function isHard(name: PresetName): boolean {
  return name === "pci-dss" || name === "psd2";
}
