import { oneOf } from "../../choice.ts";
import { type Command, command } from "../../command.ts";
import { everything } from "../everything.ts";
import { columns } from "./view.ts";

const STATES = ["waiting", "unreviewed", "confirmed", "denied", "lapsed"] as const;

export const ls: Command = command({
  name: "unreviewed ls",
  summary: "list what waits for a second person, and what one person did alone",
  details:
    "Without --state: what waits and what is unreviewed. What widens takes two persons as soon as there is a second\n" +
    "administrator: before that one passes alone, and it stays here until somebody else has looked at it.",
  operands: {},
  options: {
    state: { type: "text", value: "<state>", about: STATES.join(", ") },
    limit: { type: "text", value: "<n>", about: "at most so many (default 100)" },
  },
  examples: [{ about: "what a new administrator should look at", line: "postern unreviewed ls" }],
  run: async (run, { options }) => {
    const state = oneOf(options.state, STATES, "--state");
    const client = await run.client();
    const found = await everything(run, options.limit, (limit) =>
      client.unreviewed.list({
        limit,
        ...(state === undefined ? {} : { state }),
        signal: run.context.signal,
      }),
    );
    run.out.list(found, columns(run.context.now()), "nothing waits for a second person");
    return undefined;
  },
});
