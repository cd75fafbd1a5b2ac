import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { drive, type Judged } from "./drive.ts";
import { type ServedNode, serveNode } from "./served-node.ts";
import { FIRST, SECOND } from "./two-revisions.ts";

const HOUR_MS = 3_600_000;
const CLI = fileURLToPath(new URL("../../../cli/src/main.ts", import.meta.url));

export interface RollbackReport extends Judged {
  readonly seconds: number;
  /** How often another revision came into force, and how long each command took, in milliseconds. */
  readonly switches: readonly number[];
  /** What was wrong beside mixed and failed answers; empty: nothing. */
  readonly wrong: readonly string[];
}

/**
 * Asks a real node `rate` questions a second over loopback, and meanwhile puts a second revision in force and rolls
 * back, again and again, by the command line. Every answer is judged by the revision that it names.
 */
export async function rollbackCampaign(options: {
  readonly rate: number;
  readonly switches: number;
  /** Between two switches, in milliseconds. */
  readonly pause: number;
  readonly onSwitch?: (words: string, milliseconds: number) => void;
}): Promise<RollbackReport> {
  const directory = await mkdtemp(join(tmpdir(), "postern-rollback-"));
  let secret = "";
  const bootstrapToken = randomBytes(24).toString("hex");
  let node: ServedNode | null = null;
  try {
    node = await serveNode(
      {
        directory,
        masterKey: randomBytes(32).toString("base64"),
        bootstrapToken,
        origin: "postern.test/rollback",
        clockOff: 0,
      },
      () => secret,
    );
    const at = node;
    const must = async (path: string, body: unknown): Promise<Readonly<Record<string, unknown>>> => {
      const { status, json } = await at.call("POST", path, body);
      if (status >= 300) throw new Error(`${path} answered ${status}: ${JSON.stringify(json)}`);
      return json as Readonly<Record<string, unknown>>;
    };
    const person = { type: "user", id: "olga" };
    secret = String((await must("/v1/tokens/bootstrap", { secret: bootstrapToken, person })).secret);
    const until = new Date(Date.now() + HOUR_MS).toISOString();
    secret = String(
      (
        await must("/v1/tokens", {
          label: "campaign",
          person,
          scopes: ["admin"],
          maxAcr: "aal2",
          subjectTypes: ["user"],
          expiresAt: until,
        })
      ).secret,
    );
    const publish = async (text: string): Promise<string> =>
      String((await must("/v1/policy/revisions", { files: [{ path: "policy.yaml", text }] })).id);
    const first = await publish(FIRST);
    await must(`/v1/policy/revisions/${first}/activate`, {});
    const second = await publish(SECOND);
    const { session } = await node.enter({
      secret,
      person: "ana",
      offer: "reports-without-a-code",
      now: new Date().toISOString(),
      until,
    });

    const began = performance.now();
    const load = drive({ node, rate: options.rate, session, revisions: { first, second } });
    const wrong: string[] = [];
    const switches: number[] = [];
    const run = async (words: readonly string[], expected: string): Promise<void> => {
      const { exit, said, took } = await postern(words, at.url, secret);
      if (exit !== 0) wrong.push(`\`postern ${words.join(" ")}\` ended with ${exit}: ${said.slice(0, 400)}`);
      else if (!said.includes(expected))
        wrong.push(`expected ${expected} in force, got: ${said.slice(0, 400)}`);
      switches.push(took);
      options.onSwitch?.(words.join(" "), took);
    };
    await sleep(options.pause);
    await run(["policy", "activate", second, "--yes", "-o", "json"], second);
    for (let at = 1; at < options.switches; at++) {
      await sleep(options.pause);
      // Each goes back to the one that was just replaced.
      await run(["policy", "rollback", "-o", "json"], at % 2 === 1 ? first : second);
    }
    await sleep(options.pause);
    const judged = await load.stop();
    return { ...judged, seconds: (performance.now() - began) / 1000, switches, wrong };
  } finally {
    await node?.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function postern(
  words: readonly string[],
  url: string,
  secret: string,
): Promise<{ readonly exit: number | null; readonly said: string; readonly took: number }> {
  const began = performance.now();
  const child = spawn(process.execPath, ["--conditions=@postern/source", CLI, ...words], {
    env: { PATH: process.env.PATH, HOME: tmpdir(), NO_COLOR: "1", POSTERN_URL: url, POSTERN_TOKEN: secret },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const pipe of [child.stdout, child.stderr])
    pipe.setEncoding("utf8").on("data", (part: string) => {
      said += part;
    });
  const exit = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { exit, said, took: performance.now() - began };
}
