import type { Policy } from "@postern/core";
import { type Command, command } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";
import { policyFiles } from "./directory.ts";

export const check: Command = command({
  name: "policy check",
  summary: "compile a policy directory and say everything that is wrong with it",
  details: "Needs no server. Exit code 3 where it does not compile; warnings alone are 0 unless --strict.",
  operands: { directory: { about: "the policy directory (default .)", count: "optional" } },
  options: { strict: { type: "flag", about: "warnings fail too" } },
  examples: [{ about: "before committing", line: "postern policy check ./policy" }],
  run: async ({ context, out }, { operands, options }) => {
    const { compilePolicy, formatProblem, instant } = await import("@postern/core");
    const files = await policyFiles({ context, out }, operands.directory ?? ".");
    const compiled = compilePolicy(files, { at: instant(context.now()) });
    const problems = compiled.ok ? compiled.warnings : compiled.problems;
    out.show({ ok: compiled.ok, problems }, () =>
      problems.map((problem) => `${formatProblem(problem, files)}\n`).join(""),
    );
    const warnings = problems.filter(({ severity }) => severity === "warning").length;
    const errors = problems.length - warnings;
    out.note(
      compiled.ok
        ? `compiles: ${holds(compiled.policy)}, ${warnings} warnings`
        : `does not compile: ${errors} errors, ${warnings} warnings`,
    );
    return !compiled.ok || (options.strict && warnings > 0) ? EXIT.policyDoesNotCompile : EXIT.ok;
  },
});

function holds({ protections, offers, risk, signals }: Policy): string {
  const rules = signals.length;
  return [
    `${protections.length} Protections`,
    `${offers.size} Offers`,
    ...(risk === null ? [] : ["1 Risk"]),
    ...(rules === 0 ? [] : [`${rules} ${rules === 1 ? "SignalRule" : "SignalRules"}`]),
  ].join(", ");
}
