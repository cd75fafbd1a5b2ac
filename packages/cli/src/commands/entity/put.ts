import type { EntityFields } from "@postern/sdk";
import { assigned } from "../../assignment.ts";
import { type Command, command } from "../../command.ts";
import { entityName } from "../../entity-name.ts";
import { UsageError } from "../../failure.ts";
import { pairs } from "./view.ts";

export const put: Command = command({
  name: "entity put",
  summary: "say what Postern holds of a subject, a device or a resource",
  details: "Replaces what was held. Values are JSON where they read as JSON, and text otherwise.",
  operands: { name: { about: "the entity, such as user:ana or device:ana-laptop" } },
  options: {
    attribute: {
      type: "list",
      short: "a",
      value: "<name=value>",
      about: "an attribute that policy declares",
    },
    state: {
      type: "list",
      value: "<name[=time]>",
      about: "a verified state, and since when (administrators)",
    },
    shared: { type: "flag", about: "a device that several people use" },
    "not-shared": { type: "flag", about: "a device of one person" },
  },
  examples: [
    { about: "a person and their roles", line: `postern entity put user:ana -a 'roles=["staff"]'` },
    {
      about: "a laptop that only one person uses",
      line: "postern entity put device:ana-laptop --not-shared",
    },
  ],
  run: async (run, { operands, options }) => {
    const name = entityName(operands.name, "<name>");
    if (options.shared && options["not-shared"])
      throw new UsageError("expected --shared or --not-shared, got both");
    const fields: EntityFields = {
      ...(options.attribute.length === 0 ? {} : { attributes: assigned(options.attribute, "--attribute") }),
      ...(options.state.length === 0 ? {} : { states: statesOf(options.state) }),
      ...(options.shared ? { shared: true } : options["not-shared"] ? { shared: false } : {}),
    };
    const client = await run.client();
    const kept = await client.entities.put(name, fields, { signal: run.context.signal });
    run.out.record(kept, pairs(kept));
    return undefined;
  },
});

function statesOf(words: readonly string[]): NonNullable<EntityFields["states"]> {
  const given = assigned(
    words.map((word) => (word.includes("=") ? word : `${word}=true`)),
    "--state",
  );
  return Object.fromEntries(
    Object.entries(given).map(([name, since]) => [name, typeof since === "boolean" ? since : String(since)]),
  );
}
