import type { PolicyFile } from "../problem.ts";
import { formatProblem } from "../problem.ts";
import type { TestReport } from "./run.ts";

/** Writes a report for people: what failed with expected against got, then one line of counts and coverage. */
export function formatTestReport(testReport: TestReport, files: readonly PolicyFile[] = []): string {
  const lines: string[] = [];
  for (const problem of testReport.problems) lines.push(formatProblem(problem, files));
  for (const { passed, at, name, question, expected, got, because } of testReport.results) {
    if (passed) continue;
    lines.push(`✗ ${at.file}:${at.line}  "${name}"`, `    ${question}`);
    lines.push(`    expected  ${expected}`, `    got       ${got}`);
    for (const [place, reason] of because.entries()) {
      lines.push(`    ${place === 0 ? "because " : "        "}  ${reason}`);
    }
  }
  const failed = testReport.results.filter(({ passed }) => !passed).length;
  const broken = testReport.problems.length === 0 ? "" : `, ${testReport.problems.length} could not be run`;
  const counts = `  ${failed} failed, ${testReport.results.length - failed} passed${broken}`;
  const rules = testReport.coverage.length;
  const missed = testReport.coverage.filter(({ reached }) => !reached);
  if (rules === 0) return [...lines, counts].join("\n");
  const share = Math.floor(((rules - missed.length) * 100) / rules);
  const never = missed.map(({ at, name }) => `${at.file}:${at.line} "${name}"`).join(", ");
  const tail = never === "" ? "" : ` (never reached: ${never})`;
  return [...lines, `${counts}, ${share} % of rules reached${tail}`].join("\n");
}
