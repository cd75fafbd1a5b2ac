import { type NodeList, PosternProblem, type Status } from "@postern/sdk";
import { UsageError } from "../../failure.ts";
import type { Run } from "../../run.ts";
import { lossText } from "../node/nodes.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

/** What only an administrator sees: policy, keys, proxies. */
export async function statusFindings(run: Run): Promise<readonly Finding[]> {
  try {
    const client = await run.client({ timeout: 5_000 });
    const found = await client.status({ signal: run.context.signal });
    const others = await client.nodes.list({ signal: run.context.signal });
    return [...findingsOf(found), ...nodeFindings(others)];
  } catch (error) {
    if (error instanceof UsageError) {
      return [
        warn(
          "token",
          "no token, so policy, keys and proxies were not looked at",
          "set POSTERN_TOKEN_FILE to an administrator's token",
        ),
      ];
    }
    if (error instanceof PosternProblem) {
      return [
        warn(
          "token",
          `${error.detail} (${error.code})`,
          "use an administrator's token to look at policy, keys and proxies",
        ),
      ];
    }
    throw error;
  }
}

export function findingsOf(status: Status): readonly Finding[] {
  const { policy, doubt, masterKey, mode, trustedProxies, ledger, store } = status;
  return [
    doubt === null
      ? ok("node", "it honours opt-outs")
      : fail(
          "node",
          `it honours nothing: ${doubt.detail} (${doubt.reason})`,
          doubt.reason === "clock_distrusted"
            ? "the full controls go on; set the clock right, then `postern node accept-time`"
            : "the full controls go on; remove the cause, then restart it",
        ),
    policy.active === null
      ? fail(
          "policy",
          "no policy is in force, so every request is denied",
          "`postern policy publish` and `postern policy activate`",
        )
      : ok("policy", `${policy.active} is in force`),
    ...directory(policy.directory),
    masterKey === "given"
      ? ok("master key", "it was given to the server")
      : warn(
          "master key",
          "it was made by the server and lies beside its data",
          "in production set POSTERN_MASTER_KEY_FILE, and keep it apart from the data and its backups",
        ),
    mode === "production"
      ? ok("mode", "production")
      : warn("mode", "development", "set POSTERN_MODE=production where real people are behind it"),
    proxies(trustedProxies),
    ok(
      "ledger",
      `${ledger.origin} holds ${ledger.size} entries in ${store === "sqlite" ? "the embedded store" : "PostgreSQL"}`,
    ),
    ...(ledger.witnesses ?? []).map(witnessFinding),
    ...ungoverned(status.coverage?.ungoverned ?? 0),
    ...signals(status.signals),
    ...secondPerson(status.unreviewed ?? { waiting: 0, unreviewed: 0 }),
  ];
}

function ungoverned(ways: number): readonly Finding[] {
  if (ways === 0) return [];
  return [
    warn(
      "coverage",
      `${ways} ${ways === 1 ? "way was" : "ways were"} asked for that no enforced Protection covers`,
      "`postern policy coverage --ungoverned` names them; write a Protection, or let them be refused",
    ),
  ];
}

/** Nothing where nobody tells us anything and nobody is told. */
function signals(seen: Status["signals"]): readonly Finding[] {
  if (seen === undefined) return [];
  const { streams, transmitters } = seen;
  const all = streams.enabled + streams.paused + streams.disabled;
  const told =
    streams.inTrouble === 0
      ? ok("signal streams", `${all} tell receivers, ${streams.entriesBehind} entries behind at most`)
      : warn(
          "signal streams",
          `${streams.inTrouble} of ${all} cannot be pushed now`,
          "`postern signal streams` says why; what waits is kept",
        );
  const heard =
    transmitters.inTrouble === 0
      ? ok("signal transmitters", `${transmitters.named} listened to`)
      : warn(
          "signal transmitters",
          `${transmitters.inTrouble} of ${transmitters.named} do not work now`,
          "`postern signal transmitters` says why; what they would tell is not known here",
        );
  return [...(all === 0 ? [] : [told]), ...(transmitters.named === 0 ? [] : [heard])];
}

function secondPerson(open: NonNullable<Status["unreviewed"]>): readonly Finding[] {
  const { waiting, unreviewed } = open;
  if (waiting + unreviewed === 0) return [];
  return [
    warn(
      "second person",
      `${unreviewed} widening ${unreviewed === 1 ? "act" : "acts"} of one person alone, ${waiting} waiting for a second`,
      "another administrator looks at `postern unreviewed ls` and confirms",
    ),
  ];
}

function witnessFinding({ name, state, size }: NonNullable<Status["ledger"]["witnesses"]>[number]): Finding {
  if (state === "cosigns") return ok("witness", `${name} has cosigned ${size} entries`);
  return state === "refuses"
    ? fail(
        "witness",
        `${name} refuses to cosign the ledger's heads`,
        "ask whoever runs it for its evidence: the ledger may have forked",
      )
    : warn(
        "witness",
        `${name} does not answer`,
        "look at its address in POSTERN_WITNESSES, and whether it runs",
      );
}

/** Nothing where one embedded node is all there is. */
export function nodeFindings({ nodes, loss }: NodeList): readonly Finding[] {
  if (nodes.length === 0) return [];
  const live = nodes.filter((one) => one.live);
  const gone = nodes.length - live.length;
  const sizes = live.map(({ size }) => size);
  const apart = sizes.length === 0 ? 0 : Math.max(...sizes) - Math.min(...sizes);
  return [
    gone === 0
      ? ok("nodes", `${live.length} live, ${apart} entries apart`)
      : warn(
          "nodes",
          `${live.length} live, and ${gone} that did not leave and have not confirmed within their lease`,
          "look whether they were stopped or are cut off from the database; they honour nothing",
        ),
    ...(loss === null
      ? []
      : [
          fail(
            "loss",
            lossText(loss),
            `put the newest database back, or accept it: \`postern node accept-loss --lost ${loss.lost}\``,
          ),
        ]),
  ];
}

function directory(state: Status["policy"]["directory"]): readonly Finding[] {
  switch (state) {
    case "none":
    case "in-force":
      return [];
    case "differs":
      return [
        warn(
          "policy directory",
          "it differs from the revision in force",
          "`postern policy publish` and `postern policy activate` put it in force",
        ),
      ];
    case "does-not-compile":
      return [warn("policy directory", "it does not compile", "`postern policy check` says why")];
    default:
      return state satisfies never;
  }
}

function proxies(list: readonly string[]): Finding {
  if (list.some((one) => one.endsWith("/0"))) {
    return fail(
      "trusted proxies",
      "everyone is trusted to say where a request came from",
      "name only your own proxies in POSTERN_TRUSTED_PROXIES",
    );
  }
  return list.length === 0
    ? ok("trusted proxies", "none: forwarding headers count from nobody, and the gates answer nobody")
    : ok("trusted proxies", list.join(", "));
}
