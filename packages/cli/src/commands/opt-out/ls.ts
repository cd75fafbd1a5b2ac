import { CONTROLS, oneOf, STATES } from "../../choice.ts";
import { type Command, command } from "../../command.ts";
import { optionalEntityName } from "../../entity-name.ts";
import { moment } from "../../moment.ts";
import { everything } from "../everything.ts";
import { columns } from "./view.ts";

export const ls: Command = command({
  name: "opt-out ls",
  summary: "list opt-outs, those that have ended too",
  operands: {},
  options: {
    state: { type: "text", value: "<state>", about: `one of ${STATES.join(", ")}` },
    control: { type: "text", value: "<control>", about: `one of ${CONTROLS.join(", ")}` },
    subject: { type: "text", value: "<type:id>", about: "whose" },
    "as-of": { type: "text", value: "<time>", about: "as it stood then" },
    limit: { type: "text", value: "<n>", about: "at most so many (default 100)" },
  },
  examples: [
    { about: "what is open now", line: "postern opt-out ls --state active" },
    {
      about: "who was exempt on 3 March",
      line: "postern opt-out ls --state active --as-of 2026-03-03T12:00:00Z",
    },
  ],
  run: async (run, { options }) => {
    const { context, out } = run;
    const subject = optionalEntityName(options.subject, "--subject");
    const state = oneOf(options.state, STATES, "--state");
    const control = oneOf(options.control, CONTROLS, "--control");
    const asOf = options["as-of"];
    const client = await run.client();
    const found = await everything(run, options.limit, (limit) =>
      client.optOuts.list({
        limit,
        signal: context.signal,
        ...(state === undefined ? {} : { state }),
        ...(control === undefined ? {} : { control }),
        ...(subject === undefined ? {} : { subject }),
        ...(asOf === undefined ? {} : { asOf: moment(asOf, "as-of", context.now()) }),
      }),
    );
    out.list(found, columns(context.now()), "no opt-outs");
    return undefined;
  },
});
