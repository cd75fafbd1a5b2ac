import { type Command, command } from "../../command.ts";
import { entityName } from "../../entity-name.ts";
import { pairs } from "./view.ts";

export const show: Command = command({
  name: "entity show",
  summary: "show what Postern holds of an entity",
  operands: { name: { about: "the entity, such as user:ana" } },
  options: {},
  examples: [{ about: "what is held of ana", line: "postern entity show user:ana" }],
  run: async (run, { operands }) => {
    const client = await run.client();
    const found = await client.entities.get(entityName(operands.name, "<name>"), {
      signal: run.context.signal,
    });
    run.out.record(found, pairs(found));
    return undefined;
  },
});
