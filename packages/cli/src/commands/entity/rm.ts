import { type Command, command } from "../../command.ts";
import { entityName, nameText } from "../../entity-name.ts";
import { EXIT } from "../../exit-code.ts";

export const rm: Command = command({
  name: "entity rm",
  summary: "remove an entity; its opt-outs and sessions end with it",
  operands: { name: { about: "the entity, such as device:ana-laptop" } },
  options: {},
  examples: [{ about: "the laptop is gone", line: "postern entity rm device:ana-laptop --yes" }],
  run: async (run, { operands }) => {
    const name = entityName(operands.name, "<name>");
    const client = await run.client();
    if (!(await run.confirm(`Remove ${nameText(name)} with its opt-outs and sessions?`))) return EXIT.denied;
    const { ended } = await client.entities.delete(name, { signal: run.context.signal });
    run.out.record({ ...name, ended }, [
      ["removed", nameText(name)],
      ["ended with it", `${ended} opt-outs and sessions`],
    ]);
    return undefined;
  },
});
