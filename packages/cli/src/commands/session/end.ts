import type { SessionsOf } from "@postern/sdk";
import { type Command, command } from "../../command.ts";
import { optionalEntityName } from "../../entity-name.ts";
import { UsageError } from "../../failure.ts";
import { columns } from "./view.ts";

export const end: Command = command({
  name: "session end",
  summary: "end a session now, in every window and service; or all of a person, device or application",
  operands: { id: { about: "the session (ses_…)", count: "optional" } },
  options: {
    "all-of": {
      type: "text",
      value: "<type:id>",
      about: "every session of this person, or on this device (device:…)",
    },
    client: { type: "text", value: "<tok_…>", about: "every session that this token registered" },
    everyone: { type: "flag", about: "every session there is, your own last" },
  },
  examples: [
    { about: "sign it out", line: "postern session end ses_0123456789abcdefghjkmnpqrs" },
    { about: "sign ana out everywhere", line: "postern session end --all-of user:ana" },
    { about: "a lost laptop", line: "postern session end --all-of device:ana-laptop" },
  ],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    const which = whichOf(options);
    if (which.length + (operands.id === undefined ? 0 : 1) !== 1)
      throw new UsageError("expected one of a session, --all-of, --client and --everyone, and only one");
    const client = await run.client();
    const write = { signal: context.signal };
    const [of] = which;
    if (of !== undefined) {
      const revoked = await client.sessions.revokeAll(of, write);
      out.record({ revoked }, [["ended", String(revoked)]]);
      return undefined;
    }
    const ended = await client.sessions.revoke(operands.id ?? "", write);
    out.record(
      ended,
      columns(context.now()).map(({ heading, cell }) => [heading.toLowerCase(), cell(ended)]),
    );
    return undefined;
  },
});

function whichOf(options: {
  readonly "all-of": string | undefined;
  readonly client: string | undefined;
  readonly everyone: boolean;
}): readonly SessionsOf[] {
  const { client, everyone } = options;
  const name = optionalEntityName(options["all-of"], "--all-of");
  return [
    ...(name === undefined ? [] : [name.type === "device" ? { device: name } : { subject: name }]),
    ...(client === undefined ? [] : [{ client }]),
    ...(everyone ? [{ all: true } as const] : []),
  ];
}
