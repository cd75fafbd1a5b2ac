import { type Command, command } from "../../command.ts";
import { runServer } from "./running.ts";
import { SETTING_OPTIONS, settingFlags } from "./settings.ts";

export const serve: Command = command({
  name: "serve",
  summary: "run Postern: the control plane, the people's pages and, with --upstream, the gateway",
  details:
    "Every setting is also an environment variable: --data-dir is POSTERN_DATA_DIR. Flags win over the environment, the\n" +
    "environment over --config. Secrets come from the environment or from files.",
  operands: {},
  options: SETTING_OPTIONS,
  examples: [
    {
      about: "to try it out: makes its own key",
      line: "postern serve --mode development --data-dir ./data --policy-dir ./policy --decision-lines",
    },
    {
      about: "in earnest",
      line: "postern serve --data-dir /var/lib/postern --master-key-file /run/secrets/master-key --policy-dir /etc/postern/policy",
    },
  ],
  run: async (run, { options }) => await runServer(run, settingFlags(options)),
});
