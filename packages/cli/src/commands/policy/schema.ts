import { type Command, command } from "../../command.ts";

export const schema: Command = command({
  name: "policy schema",
  summary: "print the JSON Schema of policy files, for editors",
  details:
    "Keep it in a folder whose name begins with a dot, since other .json files are read as policy, and begin each file with\n  # yaml-language-server: $schema=./.postern/policy.schema.json",
  operands: {},
  options: {},
  examples: [
    {
      about: "completion and hover texts, offline",
      line: "postern policy schema > policy/.postern/policy.schema.json",
    },
  ],
  run: async ({ out }) => {
    const { policyJsonSchema } = await import("@postern/core");
    out.raw(`${JSON.stringify(policyJsonSchema(), null, 2)}\n`);
    return undefined;
  },
});
