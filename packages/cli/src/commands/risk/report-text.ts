import type { ChallengeCounts, RiskReport, TriedThreshold } from "@postern/sdk";
import { printable } from "../../output/table.ts";

type Part = RiskReport["parts"][number];
type Thresholds = RiskReport["thresholds"][number];

/** How far from those in force thresholds are told; `-o json` has all of them. */
const NEAR = 20;

const WHY_NOT: Readonly<Record<string, string>> = {
  key_gone: "the key of their person is gone, or the record is damaged (counted in sheets)",
  revision_gone: "the revision that they were made on cannot be read any more",
  not_reproduced: "they do not come out as they were recorded",
  not_yours: "the token is bound to other resources",
};

/** Sentences, in the order in which they matter: to be read aloud as well as looked at. */
export function reportText(report: RiskReport): string {
  const { risk, always, parts, fewestMarks } = report;
  const lines: string[] = [
    `${plural(report.decisions, "decision")} from ${report.since} to ${report.until}.`,
  ];
  if (report.ended !== "all")
    lines.push(
      `It ended at the ${report.ended === "time" ? "time limit" : "limit of decisions"}, back to ${report.reached ?? "nothing"}.`,
    );
  for (const { reason, count } of report.notRead)
    lines.push(`Not counted: ${count}, since ${WHY_NOT[reason] ?? reason}.`);
  lines.push(`Risk led to ${countsText(risk)}.`, `At any risk policy led to ${countsText(always)}.`);
  if (report.visitors > 0)
    lines.push(`Visitors were asked ${times(report.visitors)}; what they did then is not known.`);
  if (parts.length > 0) lines.push("", "What led to it; a challenge counts with each of them:");
  for (const part of parts) lines.push(`  ${partText(part)}`);
  const few = parts.filter(({ enough }) => !enough);
  if (few.length > 0)
    lines.push(
      `Fewer than ${fewestMarks} marks are too few to tell whether a part asks too often: ${
        few.length === parts.length ? "that is so of all of them" : few.map(nameOf).join(", ")
      }.`,
    );
  if (report.signals.length > 0) lines.push("", "Signals themselves:");
  for (const { name, unneeded, right } of report.signals)
    lines.push(`  by the rule \`${name}\`: ${unneeded} marked unneeded, ${right} marked right`);
  for (const one of report.thresholds) lines.push("", ...thresholdsText(one, fewestMarks));
  return lines.map((line) => `${printable(line)}\n`).join("");
}

function partText(part: Part): string {
  return `${nameOf(part)}: ${countsText(part)}`;
}

function nameOf({ kind, name }: Part): string {
  return `${kind} \`${name}\``;
}

function countsText(counts: ChallengeCounts): string {
  const { asked, met, abandoned, open, denied, unneeded, right, alarmed } = counts;
  const became = [`${met} met`, `${abandoned} abandoned`, ...(open > 0 ? [`${open} still open`] : [])];
  const told = [
    `${plural(asked, "challenge")}${asked === 0 ? "" : ` (${became.join(", ")})`}`,
    ...(denied > 0 ? [plural(denied, "denial")] : []),
    ...(unneeded + right > 0 ? [`${unneeded} marked unneeded`, `${right} marked right`] : []),
    ...(alarmed > 0 ? [`${alarmed} followed by a signal`] : []),
  ];
  return told.join("; ");
}

function thresholdsText(given: Thresholds, fewest: number): readonly string[] {
  const { segment, medium, high, enough, unneeded, right, alarmed } = given;
  const whose = segment === null ? "Thresholds" : `Thresholds of the segment \`${segment}\``;
  const lines = [
    `${whose} now: medium from ${medium}, high from ${high}; ${plural(given.decisions, "score")}.`,
  ];
  if (given.decisions === 0) return lines;
  if (!enough)
    lines.push(
      `  Too few marks to tell how many would have been spared or missed: ${unneeded + right}, and it takes ${fewest}.`,
    );
  const near = given.values.filter(
    ({ level, at, fewer, more }) =>
      Math.abs(at - (level === "medium" ? medium : high)) <= NEAR && (fewer > 0 || more > 0),
  );
  if (near.length === 0)
    lines.push(`  No value within ${NEAR} points of them would have asked more or less often.`);
  for (const value of near)
    lines.push(`  ${triedText(value)}${enough ? sidesText(value, { unneeded, right, alarmed }) : ""}`);
  return lines;
}

function triedText({ level, at, inForce, fewer, more }: TriedThreshold): string {
  const what = [
    ...(fewer > 0 ? [`${plural(fewer, "challenge")} fewer`] : []),
    ...(more > 0 ? [`${plural(more, "challenge")} more`] : []),
  ];
  return `${level} from ${at}${inForce ? ", as now" : ""}: ${what.join(", ")}`;
}

function sidesText(
  value: TriedThreshold,
  all: { readonly unneeded: number; readonly right: number; readonly alarmed: number },
): string {
  if (value.fewer === 0) return "";
  const sides = [
    `${value.unneededAvoided} of ${all.unneeded} marked unneeded avoided`,
    `${value.rightMissed} of ${all.right} marked right missed`,
    ...(all.alarmed > 0 ? [`${value.alarmedMissed} of ${all.alarmed} followed by a signal missed`] : []),
  ];
  return `; ${sides.join(", ")}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
