import type { Observation, SimulationReport } from "@postern/sdk";
import { printable } from "../../output/table.ts";

type BlastRadius = Observation["blast"];
type Groups = SimulationReport["unprotected"];
type Group = Groups["groups"][number];

const OUTCOMES = ["permit", "honour", "challenge", "deny"] as const;
const SHOWN = 10;

const WHY_NOT: Readonly<Record<string, string>> = {
  key_gone: "the key of their person is gone, or the record is damaged (counted in sheets)",
  revision_gone: "the revision that they were made on cannot be read any more",
  not_reproduced: "they do not come out as they were recorded",
  not_yours: "the token is bound to other resources",
};

const LEFT_OUT: Readonly<Record<string, string>> = {
  unreadable: "no line of an export",
  not_ours: "changed, damaged, or of another deployment",
  twice: "a decision that was there before",
};

const KEPT: Readonly<Record<string, string>> = {
  model: "what the statistical model finds",
  networks: "whether the address is on the other list of networks",
  required: "whether a signal that is newly required was there",
  signals: "the risk, of which no signals were recorded",
};

/** Sentences and short lists, in the order in which they matter: to be read aloud as well as looked at. */
export function reportText(report: SimulationReport): string {
  const lines: string[] = [];
  const say = (text = ""): void => {
    lines.push(printable(text));
  };
  say(
    `${report.decisions} decisions ${report.file !== null && report.since.startsWith("1970-") ? "of the file" : `from ${report.since} to ${report.until}`}, with facts as ${report.facts === "now" ? "of now" : "recorded"}; ${report.changed} would be answered otherwise.`,
  );
  if (report.ended !== "all")
    say(
      `It ended at the ${report.ended === "time" ? "time limit" : "limit of decisions"}, back to ${report.reached ?? "nothing"}.`,
    );
  if (report.file !== null) {
    const { lines: read, leftOut, named, whole } = report.file;
    if (leftOut > 0) {
      say(`Left out: ${leftOut} of ${read} lines of the file:`);
      for (const { line, reason } of named.slice(0, SHOWN))
        say(`  line ${line}: ${LEFT_OUT[reason] ?? reason}`);
      if (leftOut > SHOWN) say(`  and ${leftOut - Math.min(SHOWN, named.length)} more`);
    }
    if (!whole && report.ended === "all") say("The file broke off: the end of an export was not reached.");
  }
  for (const { reason, count } of report.notReplayed)
    say(`Not decided again: ${count}, since ${WHY_NOT[reason] ?? reason}.`);
  if (report.risk.scoredAnew > 0)
    say(`Scored anew from recorded signals: ${report.risk.scoredAnew} decisions.`);
  for (const { what, decisions } of report.risk.asRecorded)
    say(`Not known from the record, and left as it was: ${KEPT[what] ?? what}, in ${decisions} decisions.`);
  lines.push(...blastText(report));
  const { live, ends, noLongerMatch, reachMore, groups } = report.optOuts;
  say();
  say(
    `Live opt-outs: ${live}; ${reachMore} would reach more, ${ends} would end, ${noLongerMatch} would no longer match their offer.`,
  );
  for (const group of groups.slice(0, SHOWN)) {
    const why = [...(group.reason === null ? [] : [group.reason]), ...group.wider].join(", ");
    say(
      `  ${group.optOuts} of ${group.offer}: ${FATE[group.fate]}${why === "" ? "" : ` (${why})`}, such as ${group.examples[0]}`,
    );
  }
  say();
  if (report.widerTotal === 0) say("Rule by rule it is not wider than what is in force.");
  else {
    say(
      `Rule by rule it cannot be proved to be no wider, in ${report.widerTotal} ${report.widerTotal === 1 ? "place" : "places"}:`,
    );
    for (const change of report.wider.slice(0, SHOWN)) say(`  ${change}`);
  }
  const lacks = incomplete(report);
  if (report.decisions === 0)
    say("Nothing was decided: whether anybody would meet a control less is not known.");
  else if (lacks !== null) say(`Not everything was decided again: ${lacks}.`);
  say(
    report.widens
      ? "It would widen access."
      : lacks === null
        ? "It would widen nothing that was seen."
        : "Whether it would widen access is not known.",
  );
  return `${lines.join("\n")}\n`;
}

/** Why a report is no proof that nothing widens; null: everything that it was given was decided again. */
export function incomplete(report: SimulationReport): string | null {
  const { decisions, ended, file } = report;
  if (decisions === 0) return "nothing was decided";
  if (ended !== "all") return ended === "time" ? "the time ran out" : "the limit of decisions was reached";
  if (file !== null && !file.whole) return "the file broke off";
  return file !== null && file.leftOut > 0 ? "lines of the file were left out" : null;
}

/** What changed, for whom, the riskiest first. */
export function blastText(report: BlastRadius): readonly string[] {
  const lines: string[] = [];
  const say = (text = ""): void => {
    lines.push(printable(text));
  };
  const decided = OUTCOMES.some((from) => OUTCOMES.some((to) => report.matrix[from][to] > 0));
  if (decided) {
    say();
    say("Old outcome to new outcome:");
  }
  for (const from of OUTCOMES) {
    const row = report.matrix[from];
    if (OUTCOMES.every((to) => row[to] === 0)) continue;
    say(
      `  ${from}: ${OUTCOMES.filter((to) => row[to] > 0)
        .map((to) => `${row[to]} ${to}`)
        .join(", ")}`,
    );
  }
  if (report.ungoverned > 0) say(`${report.ungoverned} would be covered by no enforced Protection.`);
  section("Would not face a control any more", report.unprotected, say);
  section("Would be asked for more", report.asked, say);
  section("Would be refused", report.refused, say);
  return lines;
}

const FATE = {
  ends: "would end",
  "no-longer-matches": "would no longer match",
  "reaches-more": "would reach more",
} as const;

function section(title: string, groups: Groups, say: (text?: string) => void): void {
  if (groups.decisions === 0) return;
  say();
  say(`${title}: ${groups.decisions} decisions, ${peopleText(groups)}. The riskiest first:`);
  for (const group of groups.groups.slice(0, SHOWN)) say(`  ${groupText(group)}`);
  const left = groups.total - Math.min(SHOWN, groups.groups.length);
  if (left > 0) say(`  and ${left} more; see all with -o json`);
}

function groupText(group: Group): string {
  const marks = [
    ...(group.sensitive ? ["sensitive"] : []),
    ...(group.assurance === "none" ? [] : [group.assurance]),
    `risk ${group.risk}`,
    ...(group.controls.length === 0 ? [] : [group.controls.join(" and ")]),
    ...(group.offers.length === 0 ? [] : [`by ${group.offers.join(", ")}`]),
  ].join(", ");
  return `${group.action} ${group.resource}: ${group.before} to ${group.after}, ${group.decisions} decisions, ${peopleText(group)} (${marks}), such as ${group.examples[0]}`;
}

function peopleText({
  people,
  peopleAtLeast,
}: {
  readonly people: number;
  readonly peopleAtLeast: boolean;
}): string {
  return `${peopleAtLeast ? "at least " : ""}${people} ${people === 1 ? "person" : "people"}`;
}
