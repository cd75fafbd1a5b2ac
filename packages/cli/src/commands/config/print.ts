import { type Command, command } from "../../command.ts";
import { UsageError } from "../../failure.ts";
import { SETTING_OPTIONS, settingFlags } from "../serve/settings.ts";

export const print: Command = command({
  name: "config print",
  summary: "show every setting that `postern serve` would use, and where its value comes from",
  operands: {},
  options: {
    ...SETTING_OPTIONS,
    secrets: { type: "flag", about: "show secrets too" },
  },
  examples: [
    { about: "with this environment", line: "postern config print" },
    { about: "with a file", line: "postern config print --config /etc/postern/config.json" },
  ],
  run: async ({ context, out }, { options }) => {
    const { ConfigError, describeConfig, loadConfig } = await import("@postern/server");
    try {
      const loaded = loadConfig({ env: context.env, flags: settingFlags(options) });
      const described = describeConfig(loaded, { redacted: !options.secrets });
      out.list(
        described,
        [
          { heading: "SETTING", cell: ({ env }) => env },
          { heading: "VALUE", cell: ({ value }) => value ?? "–" },
          { heading: "FROM", cell: ({ origin }) => origin },
          { heading: "WHAT IT IS", cell: ({ about }) => about },
        ],
        "no settings",
      );
    } catch (error) {
      if (error instanceof ConfigError) throw new UsageError(error.problems.join("\n  "));
      throw error;
    }
    return undefined;
  },
});
