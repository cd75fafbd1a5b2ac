import { oneOf, SESSION_ENDS, SESSION_STATES } from "../../choice.ts";
import { type Command, command } from "../../command.ts";
import { optionalEntityName } from "../../entity-name.ts";
import { ago } from "../../moment.ts";
import { everything } from "../everything.ts";
import { columns } from "./view.ts";

export const ls: Command = command({
  name: "session ls",
  summary: "list sessions, those that are over too, with what ended them",
  operands: {},
  options: {
    state: {
      type: "text",
      value: "<state>",
      about: "live, ended (its time was up), revoked (ended before that) or over (both)",
    },
    subject: { type: "text", value: "<type:id>", about: "whose" },
    device: { type: "text", value: "<type:id>", about: "on which device" },
    client: { type: "text", value: "<tok_…>", about: "registered by this token, or by `postern`" },
    cause: { type: "text", value: "<cause>", about: `ended by one of ${SESSION_ENDS.join(", ")}` },
    since: { type: "text", value: "<when>", about: "began then or later: a time, or `7d` ago" },
    search: {
      type: "text",
      value: "<text>",
      about: "the beginning of an id, or the whole name of a person or device",
    },
    limit: { type: "text", value: "<n>", about: "at most so many (default 100)" },
  },
  examples: [
    { about: "where ana is signed in", line: "postern session ls --state live --subject user:ana" },
    { about: "what people did not recognise", line: "postern session ls --cause unrecognised --since 30d" },
  ],
  run: async (run, { options }) => {
    const { context, out } = run;
    const { client: registeredBy, since, search } = options;
    const subject = optionalEntityName(options.subject, "--subject");
    const device = optionalEntityName(options.device, "--device");
    const state = oneOf(options.state, SESSION_STATES, "--state");
    const cause = oneOf(options.cause, SESSION_ENDS, "--cause");
    const client = await run.client();
    const found = await everything(run, options.limit, (limit) =>
      client.sessions.list({
        limit,
        signal: context.signal,
        ...(subject === undefined ? {} : { subject }),
        ...(device === undefined ? {} : { device }),
        ...(registeredBy === undefined ? {} : { client: registeredBy }),
        ...(state === undefined ? {} : { state }),
        ...(cause === undefined ? {} : { cause }),
        ...(since === undefined ? {} : { since: ago(since, "since", context.now()) }),
        ...(search === undefined ? {} : { q: search }),
      }),
    );
    out.list(found, columns(context.now()), "no sessions");
    return undefined;
  },
});
