import { type Command, command } from "../../command.ts";
import { entityName } from "../../entity-name.ts";
import { UsageError } from "../../failure.ts";

export const mark: Command = command({
  name: "device mark",
  summary: "say whether others use a device, the browser of a session, or a network",
  details:
    "What is shared is never trusted: to mark it ends the trust at once.\n" +
    "Sign-ins from a shared network count as shared, whatever their person ticks. Only this command takes it back.",
  operands: {
    what: {
      about: "a device (dev_… or device:kiosk), a session (ses_…), or a network (network:192.0.2.0/24)",
    },
  },
  options: {
    shared: { type: "flag", about: "others use it too" },
    "not-shared": { type: "flag", about: "nobody else uses it" },
  },
  examples: [
    { about: "the computer at the front desk", line: "postern device mark device:front-desk --shared" },
    {
      about: "a tick that was wrong",
      line: "postern device mark ses_0123456789abcdefghjkmnpqrs --not-shared",
    },
  ],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    if (options.shared === options["not-shared"]) throw new UsageError("expected --shared or --not-shared");
    const { what } = operands;
    const shared = options.shared;
    const write = { signal: context.signal };
    const client = await run.client();
    if (what.startsWith("ses_")) await client.sessions.mark(what, shared, write);
    else {
      const name = what.startsWith("dev_") ? { type: "device", id: what } : entityName(what, "<what>");
      await client.entities.put(name, { shared }, write);
    }
    out.record({ what, shared }, [
      ["marked", what],
      ["shared", shared ? "yes" : "no"],
    ]);
    return undefined;
  },
});
