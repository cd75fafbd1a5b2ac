import type { SessionsOf } from "@postern/sdk";
import { type Command, command } from "../../command.ts";
import { entityName } from "../../entity-name.ts";
import { UsageError } from "../../failure.ts";
import { columns } from "./view.ts";

export const end: Command = command({
  name: "session end",
  summary: "end a session now, in every service; or all of a subject or device",
  operands: { id: { about: "the session (ses_…)", count: "optional" } },
  options: {
    subject: { type: "text", value: "<type:id>", about: "every session of this subject" },
    device: { type: "text", value: "<type:id>", about: "every session on this device" },
  },
  examples: [
    { about: "sign it out", line: "postern session end ses_0123456789abcdefghjkmnpqrs" },
    { about: "sign ana out everywhere", line: "postern session end --subject user:ana" },
  ],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    const of = sessionsOf(options);
    if ((of === undefined) === (operands.id === undefined)) {
      throw new UsageError("expected a session, or --subject or --device");
    }
    const client = await run.client();
    const write = { signal: context.signal };
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

function sessionsOf(options: {
  readonly subject: string | undefined;
  readonly device: string | undefined;
}): SessionsOf | undefined {
  const { subject, device } = options;
  if (subject !== undefined && device !== undefined)
    throw new UsageError("expected --subject or --device, got both");
  if (subject !== undefined) return { subject: entityName(subject, "--subject") };
  return device === undefined ? undefined : { device: entityName(device, "--device") };
}
