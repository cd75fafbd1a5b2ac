import { type Command, command } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";
import { toneOf } from "../../output/colour.ts";
import type { Run } from "../../run.ts";
import { SETTING_OPTIONS, settingFlags } from "../serve/settings.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";
import { keptHeadFindings } from "./kept-head.ts";
import { portFindings } from "./ports.ts";
import { serverFindings } from "./server.ts";
import { statusFindings } from "./status.ts";

const OLDEST_NODE = 24;

export const doctor: Command = command({
  name: "doctor",
  summary: "look for what is wrong with a deployment, and say what to do about it",
  details:
    "Changes nothing. Exit code 0 where nothing failed, 1 where something did, 9 where Postern cannot be reached.",
  operands: {},
  options: SETTING_OPTIONS,
  examples: [
    { about: "on the machine that runs Postern", line: "postern doctor" },
    { about: "elsewhere", line: "postern doctor --url https://postern.example --token-file admin.token" },
  ],
  run: async (run, { options }) => {
    const configuration = await configured(run, settingFlags(options));
    const { reached, findings } = await serverFindings(run);
    const all: readonly Finding[] = [
      runtime(),
      ...configuration.findings,
      ...findings,
      ...(reached
        ? await statusFindings(run)
        : [...configuration.keyless, ...(await portFindings(configuration.host, configuration.ports))]),
      ...(reached ? await keptHeadFindings(run.context, run.url, configuration.headFile) : []),
    ];
    run.out.list(
      all,
      [
        { heading: "RESULT", cell: ({ result }) => ({ text: result, tone: toneOf(result) }) },
        { heading: "CHECK", cell: ({ check }) => check },
        {
          heading: "WHAT WAS FOUND",
          cell: ({ detail, fix }) => (fix === undefined ? detail : `${detail}. ${capital(fix)}.`),
        },
      ],
      "nothing to look at",
    );
    if (!reached) return EXIT.unavailable;
    return all.some(({ result }) => result === "fail") ? EXIT.unexpected : EXIT.ok;
  },
});

function runtime(): Finding {
  const version = Number(process.versions.node.split(".")[0]);
  return version >= OLDEST_NODE
    ? ok("runtime", `Node ${process.versions.node}`)
    : fail("runtime", `Node ${process.versions.node}`, `run it on Node ${OLDEST_NODE} or newer`);
}

interface Configured {
  readonly findings: readonly Finding[];
  /** Said only where no server answers: one that runs knows better. */
  readonly keyless: readonly Finding[];
  readonly host: string;
  readonly ports: readonly (readonly [string, number])[];
  readonly headFile: string;
}

async function configured(
  { context }: Run,
  flags: Readonly<Record<string, string | undefined>>,
): Promise<Configured> {
  const { ConfigError, configWith, loadConfig } = await import("@postern/server");
  let findings: readonly Finding[];
  let config = configWith({});
  try {
    config = loadConfig({ env: context.env, flags }).config;
    findings = [ok("configuration", "every setting can be read")];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    findings = error.problems.map((problem) =>
      fail("configuration", problem, "`postern config print` shows what is set and where"),
    );
  }
  const keyless: readonly Finding[] =
    config.masterKey === null && config.mode === "production"
      ? [
          warn(
            "master key",
            "none is set here",
            "a server started with this environment needs POSTERN_MASTER_KEY_FILE",
          ),
        ]
      : [];
  return {
    findings,
    keyless,
    host: config.host,
    ports: [
      ["the control plane", config.port],
      ["the people's pages", config.peoplePort],
      ["the gateway", config.gatewayPort],
    ],
    headFile: config.headFile ?? `${config.dataDir}/head.note`,
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
