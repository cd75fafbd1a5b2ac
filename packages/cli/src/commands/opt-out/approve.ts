import { type Command, command } from "../../command.ts";
import { count } from "../../moment.ts";
import { pairs } from "./view.ts";

export const approve: Command = command({
  name: "opt-out approve",
  summary: "approve a request; never one of your own",
  details:
    "Approving is refused to whoever asked, and to the holder. --version refuses where someone changed it since.",
  operands: { id: { about: "the opt-out (oo_…)" } },
  options: {
    version: { type: "text", value: "<n>", about: "only if it is still this version" },
  },
  examples: [
    {
      about: "approve a request after looking at it",
      line: "postern opt-out approve oo_0123456789abcdefghjkmnpqrs --version 1",
    },
  ],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    const client = await run.client();
    const write = { signal: context.signal };
    const done = await client.optOuts.approve(operands.id, {
      ...write,
      ...(options.version === undefined ? {} : { version: count(options.version, "--version") }),
    });
    out.record(done, pairs(done, context.now()));
    return undefined;
  },
});
