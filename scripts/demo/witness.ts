import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { anyPorts } from "@postern/example-shop";
import { ROOT } from "../root.ts";
import type { Environment, Runner, RunningCommand, Said } from "./command.ts";

/** One thing that must be so, and what was seen. */
export interface WitnessStep {
  readonly step: string;
  readonly ok: boolean;
  /** The lines that show it. */
  readonly seen: string;
}

const SECRET = "first-administrator-of-the-demonstration";
const NAME = "witness.example/1";
/** Longer than a node takes to sign the head of what it recorded. */
const SIGNED_WITHIN_MS = 1_500;

/**
 * A real Postern and a real witness on loopback, in one folder: heads are cosigned, also over a rotation of the key; an
 * export verifies offline; then the database is put back and continued differently.
 */
export async function witnessSteps(
  folder: string,
  { command, start: begin }: Runner,
  tell: (step: WitnessStep) => void,
): Promise<void> {
  const at = (name: string): string => join(folder, name);
  const ports = await anyPorts();
  const control = `http://127.0.0.1:${ports.control}`;
  const running: RunningCommand[] = [];
  const start = (words: readonly string[], env: Environment = {}): RunningCommand => {
    const begun = begin(words, env);
    running.push(begun);
    return begun;
  };
  const say = (step: string, ok: boolean, seen: string): void => tell({ step, ok, seen: seen.trim() });
  const serve = async (data: string, witnesses: string | null): Promise<RunningCommand> => {
    const words = ["serve", "--mode", "development", "--data-dir", at(data), "--log-level", "error"];
    const where = ["--port", `${ports.control}`, "--people-port", `${ports.people}`];
    const begun = start([...words, ...where, "--policy-dir", join(ROOT, "examples/shop/policy")], {
      POSTERN_BOOTSTRAP_TOKEN: SECRET,
      ...(witnesses === null ? {} : { POSTERN_WITNESSES: witnesses }),
    });
    await begun.says(/control plane/);
    return begun;
  };
  const as = { POSTERN_URL: control, POSTERN_TOKEN_FILE: at("token") };
  const call = async (method: string, path: string, body?: object): Promise<string> => {
    const response = await fetch(`${control}${path}`, {
      method,
      headers: {
        ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return await response.text();
  };
  let token = "";
  const grow = async (people: readonly string[]): Promise<void> => {
    for (const person of people) await call("PUT", `/v1/entities/user/${person}`, { attributes: {} });
  };
  /** Once the head of all that was recorded is signed, which is a moment later. */
  const sizeShown = async (): Promise<number> => {
    for (let [size, before] = [0, -1]; ; before = size) {
      size = Number((await call("GET", "/ledger/checkpoint")).split("\n")[1]);
      if (size === before) return size;
      await sleep(SIGNED_WITHIN_MS);
    }
  };
  const cosigned = (size: number): RegExp => new RegExp(`cosigned {2}\\S+ ${size} entries`);

  try {
    const witness = start([
      ...["witness", "--log", control, "--key", at("witness.key"), "--name", NAME, "--every", "1s"],
      ...["--listen", `${ports.gateway}`, "--evidence", folder],
    ]);
    const [, vkey = ""] = await witness.says(/^witness +(\S+)$/m);
    const witnesses = `${vkey} http://127.0.0.1:${ports.gateway}`;
    await witness.says(/listening on/);
    say("a witness makes its key, and waits for the log", vkey.startsWith(`${NAME}+`), vkey);

    let postern = await serve("data", witnesses);
    const person = { type: "user", id: "ben" };
    const first = await call("POST", "/v1/tokens/bootstrap", { secret: SECRET, person });
    token = (JSON.parse(first) as { readonly secret: string }).secret;
    writeFileSync(at("token"), token, { mode: 0o600 });
    writeFileSync(at("ledger.vkey"), (await must(command(["ledger", "key"], as))).stdout);
    await grow(["ana"]);
    const before = await sizeShown();
    const line = await witness.says(cosigned(before));
    say("the log asks, and the witness cosigns", true, line[0]);

    await call("POST", "/v1/keys/checkpoint/rotate");
    await grow(["cem"]);
    await witness.says(cosigned(await sizeShown()));
    await must(command(["ledger", "export", at("before.jsonl")], as));
    const follow = [
      "ledger",
      "follow",
      control,
      "--state",
      at("follow.state"),
      "--evidence",
      folder,
      "--once",
    ];
    const watched = await command([...follow, "--key-file", at("ledger.vkey"), "--require-witness", vkey]);
    say(
      "a monitor proves the growth and finds the cosignature",
      watched.exit === 0 && watched.printed.includes(`cosigned by ${NAME}`),
      watched.printed,
    );
    await postern.stop();
    cpSync(at("data"), at("earlier"), { recursive: true });

    const trust = ["--key-file", at("ledger.vkey")];
    const verified = await command([
      "ledger",
      "verify",
      at("before.jsonl"),
      ...trust,
      "--require-witness",
      vkey,
    ]);
    say(
      "with the log away, an export verifies with the witness required, over a rotated key",
      verified.exit === 0 && /handed over/.test(verified.stdout),
      linesOf(verified, /keys|root|cosignatures|verified/),
    );
    const stranger = await must(
      command(["witness", "--log", control, "--key", at("stranger.key"), "--once", "-o", "json"]),
    );
    const { vkey: other } = JSON.parse(stranger.stdout.split("\n")[0] ?? "") as { readonly vkey: string };
    const missing = await command([
      "ledger",
      "verify",
      at("before.jsonl"),
      ...trust,
      "--require-witness",
      `${vkey},${other}`,
    ]);
    say(
      "and fails where a witness is required that never saw it",
      missing.exit === 8,
      linesOf(missing, /cosignatures|NOT/),
    );

    postern = await serve("data", witnesses);
    await grow(["dora", "eli"]);
    const ahead = await sizeShown();
    await witness.says(cosigned(ahead));
    await must(command(follow));
    await postern.stop();
    say("the log goes on, and so does the witness", true, `${ahead} entries are cosigned`);

    cpSync(at("earlier"), at("restored"), { recursive: true });
    postern = await serve("restored", witnesses);
    const ready = await fetch(`${control}/readyz`);
    const why = await ready.text();
    say(
      "a database put back, with the head file beside it, is caught at start: the witness holds a later head",
      ready.status === 503 && why.includes("database_stale"),
      `GET /readyz: ${ready.status} ${why}`,
    );
    await postern.stop();

    postern = await serve("earlier", null);
    await witness.says(/REFUSED +\S+ .*fewer than it signed before/);
    await grow(["mallory", "oscar", "peggy", "trudy"]);
    const forkedSize = await sizeShown();
    const [told = "", evidence = ""] = await witness.says(
      /REFUSED +\S+ the log has forked.*\n +evidence: (\S+\.json)/,
    );
    say("the same database continued differently, with the same key, is refused", forkedSize > ahead, told);

    const handed = await fetch(`http://127.0.0.1:${ports.gateway}/add-checkpoint`, {
      method: "POST",
      body: `old ${ahead}\n\n${await (await fetch(`${control}/ledger/checkpoint`)).text()}`,
    });
    say(
      "nor is it cosigned when it is handed in",
      handed.status === 422,
      `POST /add-checkpoint: ${handed.status}`,
    );
    await must(command(["ledger", "export", at("forked.jsonl")], as));
    const alarmed = await command(follow);
    say(
      "the monitor raises the alarm, with evidence of its own",
      alarmed.exit === 8 && /ALARM .*forked/.test(alarmed.stdout),
      alarmed.printed,
    );
    await postern.stop();
    const forked = await command([
      "ledger",
      "verify",
      at("forked.jsonl"),
      ...trust,
      "--require-witness",
      vkey,
    ]);
    say(
      "an export of the fork fails without the witness's word",
      forked.exit === 8,
      linesOf(forked, /cosignatures|NOT/),
    );

    const [, own = ""] = /evidence: (\S+\.json)/.exec(alarmed.stdout) ?? [];
    const alsoProved = await command(["ledger", "verify", own, ...trust]);
    const proved = await command(["ledger", "verify", evidence, ...trust]);
    say(
      "the evidence proves the fork to anyone who trusts the ledger's key",
      [proved, alsoProved].every(({ exit, stdout }) => exit === 0 && stdout.includes("the fork is proved")),
      proved.stdout + linesOf(alsoProved, /^ok +fork/),
    );
    const read = JSON.parse(readFileSync(evidence, "utf8")) as { readonly first: string };
    writeFileSync(at("altered.json"), `${JSON.stringify({ ...read, second: read.first })}\n`);
    const altered = await command(["ledger", "verify", at("altered.json"), ...trust]);
    say("and proves nothing once it is altered", altered.exit === 8, linesOf(altered, /fork|NOT/));
    const ended = await witness.stop();
    say("the witness, stopped, says by its exit code that it saw a fork", ended === 8, `exit code ${ended}`);
  } finally {
    await Promise.all(running.map((one) => one.stop("SIGKILL")));
  }
}

async function must(said: Promise<Said>): Promise<Said> {
  const done = await said;
  if (done.exit !== 0) throw new Error(`expected exit code 0, got ${done.exit}:\n${done.printed}`);
  return done;
}

function linesOf({ stdout }: Said, which: RegExp): string {
  return stdout
    .split("\n")
    .filter((line) => which.test(line))
    .join("\n");
}
