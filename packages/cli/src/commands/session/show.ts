import { type Command, command } from "../../command.ts";
import { detail } from "./view.ts";

export const show: Command = command({
  name: "session show",
  summary: "show one session: its browser and network, what limits it, what ended it",
  operands: { id: { about: "the session (ses_…)" } },
  options: {},
  examples: [{ about: "one of them", line: "postern session show ses_0123456789abcdefghjkmnpqrs" }],
  run: async (run, { operands }) => {
    const { context, out } = run;
    const client = await run.client();
    const session = await client.sessions.get(operands.id, { signal: context.signal });
    out.record(session, detail(session, context.now()));
    return undefined;
  },
});
