import { DEFAULT_THRESHOLDS, parseScore, type Thresholds } from "../../risk/assessment.ts";
import { isNetwork, networkList } from "../../risk/network.ts";
import { DEFAULT_CALIBRATION } from "../../risk/statistical.ts";
import type { RiskDocument, ThresholdsText } from "../document/risk.ts";
import type { Scoring } from "../revision.ts";
import { type CompileContext, compileRule, type Placed, report } from "./context.ts";
import { lintRules } from "./rule.ts";

const MISSING = 30;
/** What says nothing without a score. */
const OF_SCORES = ["levels", "segments", "required", "missing", "networks", "calibration"] as const;

/** How a Risk document makes a score; null: it names no model, and rules give levels alone. */
export function compileScoring(
  { document, places }: Placed<RiskDocument>,
  points: Scoring["points"],
  context: CompileContext,
): Scoring | null {
  const { problems } = context;
  const { model } = document;
  if (model === undefined) {
    const useless = OF_SCORES.find((field) => document[field] !== undefined);
    if (useless !== undefined) {
      const message = `\`${useless}\` says nothing without \`model\``;
      report(problems, "error", "points_without_model", message, places.of(document, useless));
    }
    return null;
  }
  const thresholdsOf = (text: ThresholdsText): Thresholds => {
    const [medium, high] = [parseScore(text.medium), parseScore(text.high)];
    if (!medium.ok || !high.ok) return DEFAULT_THRESHOLDS;
    if (medium.value >= high.value) {
      const message = `expected \`medium\` below \`high\`, got \`${medium.value}\` and \`${high.value}\``;
      report(problems, "error", "levels_order", message, places.of(text, "high"));
    }
    return { medium: medium.value, high: high.value };
  };
  const segments: Scoring["segments"][number][] = [];
  for (const [place, text] of (document.segments ?? []).entries()) {
    const at = places.of(document.segments ?? [], place);
    const thresholds = thresholdsOf(text.levels);
    const rule = compileRule(context, places, text, "when", text.when, text.name, at);
    if (rule === null) continue;
    const other = rule.when.reads.find((read) => !/^(subject|state)\b/.test(read));
    if (other !== undefined || rule.when.reads.some((read) => isFromRequest(read, context))) {
      const message = `segment \`${text.name}\` is about whom we hold to be what, got \`${other ?? rule.when.reads.join(", ")}\``;
      const hint = "read `state`, and what is held of the `subject`";
      report(problems, "error", "segment_reads_more", message, places.of(text, "when"), hint);
    }
    segments.push({ ...rule, thresholds });
  }
  lintRules(segments, problems, true);
  for (const [place, text] of (document.networks ?? []).entries()) {
    if (isNetwork(text)) continue;
    const message = `expected an address, or a network such as \`198.51.100.0/24\` with no bits beyond its length, got \`${text}\``;
    report(problems, "error", "wrong_value", message, places.of(document.networks ?? [], place));
  }
  return {
    model,
    points,
    thresholds: document.levels === undefined ? DEFAULT_THRESHOLDS : thresholdsOf(document.levels),
    segments,
    required: document.required ?? [],
    missing: document.missing ?? MISSING,
    networks: networkList(document.networks ?? []),
    calibration: { ...DEFAULT_CALIBRATION, ...document.calibration },
    at: places.start,
  };
}

function isFromRequest(read: string, { declarations }: CompileContext): boolean {
  const [variable = "", name = ""] = read.split(".");
  return declarations.get(variable)?.get(name)?.source === "request";
}
