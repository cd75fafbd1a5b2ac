import { type Command, command } from "../../command.ts";
import { moment } from "../../moment.ts";
import { everything } from "../everything.ts";
import { columns } from "./view.ts";

export const ls: Command = command({
  name: "lock ls",
  summary: "list locks, those that were lifted too",
  operands: {},
  options: {
    "as-of": { type: "text", value: "<time>", about: "as it stood then" },
    limit: { type: "text", value: "<n>", about: "at most so many (default 100)" },
  },
  examples: [{ about: "what is held shut", line: "postern lock ls" }],
  run: async (run, { options }) => {
    const { context, out } = run;
    const asOf = options["as-of"];
    const client = await run.client();
    const found = await everything(run, options.limit, (limit) =>
      client.locks.list({
        limit,
        signal: context.signal,
        ...(asOf === undefined ? {} : { asOf: moment(asOf, "as-of", context.now()) }),
      }),
    );
    out.list(found, columns(context.now()), "no locks");
    return undefined;
  },
});
