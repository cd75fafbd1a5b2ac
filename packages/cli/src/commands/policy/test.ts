import { type Command, command } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";
import { policyFiles } from "./directory.ts";

export const test: Command = command({
  name: "policy test",
  summary: "run the tests beside a policy (*_test.yaml): expected against got, with file and line",
  details: "Needs no server. Exit code 3 where the policy does not compile, 4 where a test fails.",
  operands: { directory: { about: "the policy directory (default .)", count: "optional" } },
  options: {},
  examples: [{ about: "in continuous integration", line: "postern policy test ./policy" }],
  run: async ({ context, out }, { operands }) => {
    const { compilePolicy, decide, formatProblem, formatTestReport, isTestFile, runPolicyTests } =
      await import("@postern/core");
    const files = await policyFiles({ context, out }, operands.directory ?? ".");
    const compiled = compilePolicy(files);
    if (!compiled.ok) {
      out.show({ passed: false, problems: compiled.problems }, () =>
        compiled.problems.map((problem) => `${formatProblem(problem, files)}\n`).join(""),
      );
      out.note("does not compile, so nothing was tested");
      return EXIT.policyDoesNotCompile;
    }
    const suites = files.filter(({ path }) => isTestFile(path));
    const report = runPolicyTests(compiled.policy, suites, decide);
    out.show(report, () => `${formatTestReport(report, files)}\n`);
    if (suites.length === 0) out.note("no tests: none of the files ends in _test.yaml");
    return report.passed ? EXIT.ok : EXIT.testsFailed;
  },
});
