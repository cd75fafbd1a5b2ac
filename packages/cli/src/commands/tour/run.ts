import { type Command, command } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";

export const run: Command = command({
  name: "tour run",
  summary: "run the whole tour in a temporary folder, and say whether each step printed what it should",
  details:
    "Needs `sh`, `curl`, `sed`, `grep` and `dd`. Everything that it starts is stopped, and the folder removed.",
  operands: {},
  options: {},
  examples: [{ about: "does this installation work?", line: "postern tour run" }],
  run: async ({ out }) => {
    const { runTour } = await import("@postern/example-shop");
    const all = await runTour(({ step, printed, asTold }) => {
      out.line({ step: step.title, asTold }, () => `${asTold ? "ok  " : "FAIL"}  ${step.title}`);
      if (!asTold) out.note(`expected:\n${step.prints}\n\ngot:\n${printed}`);
    });
    out.note(all ? "every step printed what the tour says" : "the tour did not go as it says");
    return all ? EXIT.ok : EXIT.unexpected;
  },
});
