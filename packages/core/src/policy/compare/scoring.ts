import type { Thresholds } from "../../risk/assessment.ts";
import type { Policy, RiskPolicy, Scoring } from "../revision.ts";
import { compareStepUp, type Direction, type Note, textOfSet } from "./change.ts";

/** How the score is made. A higher score asks for no less, unless policy says so itself: then every change is wider. */
export function compareScoring(before: Policy, after: Policy, note: Note): void {
  const [from, to] = [before.risk?.scoring, after.risk?.scoring];
  if (from === undefined && to === undefined) return;
  if (from === undefined || to === undefined || from.model !== to.model) {
    note("wider", "model", from?.model ?? null, to?.model ?? null, to?.at ?? from?.at ?? null);
    return;
  }
  const rising =
    risesWithLevel(before.risk) && risesWithLevel(after.risk) && !readsScore(before) && !readsScore(after);
  const up: Direction = rising ? "narrower" : "wider";
  const compareNumbers = (field: string, a: number, b: number, higherIs: Direction, at = to.at): void => {
    if (a === b) return;
    const other: Direction = higherIs === "wider" ? up : "wider";
    note(b > a ? (higherIs === "wider" ? "wider" : up) : other, field, String(a), String(b), at);
  };
  const compareThresholds = (field: string, a: Thresholds, b: Thresholds): void => {
    compareNumbers(`${field}.medium`, a.medium, b.medium, "wider");
    compareNumbers(`${field}.high`, a.high, b.high, "wider");
  };
  compareThresholds("levels", from.thresholds, to.thresholds);
  const [old, kept] = [pointsByText(from), pointsByText(to)];
  for (const text of new Set([...old.keys(), ...kept.keys()]))
    compareNumbers(`points of \`${text}\``, old.get(text) ?? 0, kept.get(text) ?? 0, "narrower");
  compareNumbers("missing", from.missing, to.missing, "narrower");
  compareNames("required", from.required, to.required, up, note, to);
  compareNames("networks", from.networks.texts, to.networks.texts, up, note, to);
  const segmentText = ({ segments }: Scoring): string => segments.map(({ when }) => when.text).join("; ");
  if (segmentText(from) !== segmentText(to))
    note("wider", "segments", segmentText(from), segmentText(to), to.at);
  else
    for (const [at, segment] of to.segments.entries()) {
      const was = from.segments[at];
      if (was !== undefined)
        compareThresholds(`segment \`${segment.name}\``, was.thresholds, segment.thresholds);
    }
  const calibration = ({ calibration: one }: Scoring): string =>
    `${one.lowest} to ${one.highest}, ${one.exposure}`;
  if (calibration(from) !== calibration(to))
    note("wider", "calibration", calibration(from), calibration(to), to.at);
}

/** Fewer names raise less. */
function compareNames(
  field: string,
  from: readonly string[],
  to: readonly string[],
  up: Direction,
  note: Note,
  { at }: Scoring,
): void {
  const gone = from.filter((name) => !to.includes(name));
  const come = to.filter((name) => !from.includes(name));
  if (gone.length > 0) note("wider", field, textOfSet(gone), null, at);
  if (come.length > 0) note(up, field, null, textOfSet(come), at);
}

function pointsByText({ points }: Scoring): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { when, points: own } of points) sums.set(when.text, (sums.get(when.text) ?? 0) + own);
  return sums;
}

function risesWithLevel(risk: RiskPolicy | null): boolean {
  const asked = (["low", "medium", "high"] as const).map((level) => risk?.requires.get(level) ?? null);
  return asked.every((one, at) => at === 0 || compareStepUp(asked[at - 1] ?? null, one) !== "wider");
}

/** Whether some condition may let more through because the risk is higher: nobody can prove that it does not. */
function readsScore({ protections, offers, risk }: Policy): boolean {
  const conditions = [
    ...protections.flatMap(({ permit }) => permit ?? []),
    ...[...offers.values()].flatMap((offer) => [offer.who ?? [], offer.while ?? []].flat()),
    ...(risk?.rules ?? []),
  ];
  return conditions.some(({ when }) =>
    when.reads.some((read) => read.startsWith("risk") || read === "signals.knownBadNetwork"),
  );
}
