import { type Command, command } from "../../command.ts";
import { UsageError } from "../../failure.ts";
import { runServer } from "./running.ts";
import { SETTING_OPTIONS, settingFlags } from "./settings.ts";

export const gateway: Command = command({
  name: "gateway",
  summary: "run Postern with its reverse proxy in front of one application",
  details:
    "For now one process: the gateway decides with the control plane in it, so this is `postern serve` with an upstream.\n" +
    "A gateway apart from its control plane (--control) is not there yet.",
  operands: {},
  options: {
    ...SETTING_OPTIONS,
    control: { type: "text", value: "<url>", about: "a control plane elsewhere (not there yet)" },
  },
  examples: [
    {
      about: "in front of an application on port 3000",
      line: "postern gateway --upstream http://127.0.0.1:3000 --mode development --policy-dir ./policy",
    },
  ],
  run: async (run, { options }) => {
    if (options.control !== undefined) {
      throw new UsageError(
        "a gateway apart from its control plane is not there yet",
        "leave --control out: the control plane then runs in this process",
      );
    }
    if (
      options.upstream === undefined &&
      run.context.env.POSTERN_UPSTREAM === undefined &&
      options.config === undefined
    ) {
      throw new UsageError("expected --upstream, the address of the application");
    }
    return await runServer(run, settingFlags(options));
  },
});
