import { type Command, command } from "../../command.ts";
import { decisionLine } from "./view.ts";

export const tail: Command = command({
  name: "decision tail",
  summary: "show decisions of this node as they happen, until Ctrl-C",
  operands: {},
  options: {},
  examples: [{ about: "watch", line: "postern decision tail" }],
  run: async (run) => {
    const { context, out } = run;
    const client = await run.client();
    for await (const event of client.decisions.stream({ signal: context.signal })) {
      if (event.kind === "gap")
        out.note(`${event.missed} decisions were not shown: this reader was too slow`);
      else out.line(event.decision, () => decisionLine(event.decision, out.paint));
    }
    return undefined;
  },
});
