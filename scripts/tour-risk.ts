// `npm run tour:risk`: the steps of docs/tour-risk.md, with a second Postern as the identity provider, in a process of its
// own. Ends with 1 where any step prints anything else than the text says.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { anyPorts, runSteps, startSample, tourSteps } from "@postern/example-shop";
import { processes } from "./demo/command.ts";
import { ROOT } from "./root.ts";

const AUDIENCE = "shop.example";
/** What the identity provider itself makes of it: what nothing follows from is not told on. */
const POLICY = `
kind: SignalRule
name: stolen-passwords
owner: provider
mode: enforce
signals: [risk-level-change]
level: high
from: [scanner]
suspend: { all: true }
`;
const SECRET = "the identity provider's first administrator, for a tour";

/** One answer of the identity provider's API, as JSON. */
async function asked(url: string, token: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(`${url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`expected ${path} to be answered, got ${answer.status}`);
  return await answer.json().catch(() => null);
}

/** The stream that the shop's Postern makes by itself, once it listens. */
async function streamOf(url: string, token: string): Promise<string> {
  for (let tries = 0; tries < 240; tries++) {
    const streams = await asked(url, token, "/ssf/streams").catch(() => []);
    const [first] = Array.isArray(streams) ? streams : [];
    if (typeof first?.stream_id === "string") return first.stream_id;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error("expected the shop's Postern to make its stream within a minute");
}

const root = mkdtempSync(join(tmpdir(), "postern-tour-risk-"));
/** As the commands name it, from where they are typed. */
const folder = join(root, ".postern");
mkdirSync(folder);
const byHand = process.argv.includes("--by-hand");
const ports = await anyPorts();
const policy = join(folder, "provider-policy");
mkdirSync(policy);
writeFileSync(join(policy, "provider.yaml"), POLICY);
const url = `http://localhost:${ports.control}`;
const provider = processes.start(
  ["serve", "--mode", "development", "--data-dir", join(folder, "provider"), "--public-url", url]
    .concat(["--port", `${ports.control}`, "--people-port", `${ports.people}`])
    .concat(["--gateway-port", `${ports.gateway}`, "--policy-dir", policy, "--log-level", "error"]),
  { POSTERN_BOOTSTRAP_TOKEN: SECRET },
);
let all = false;
try {
  for (let tries = 0; ; tries++) {
    const ready = await fetch(`${url}/livez`).catch(() => null);
    if (ready?.ok === true) break;
    if (tries === 240) throw new Error("expected the identity provider to start within a minute");
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  const idp = async (words: readonly string[], token: string): Promise<string> => {
    const said = await processes.command([...words, "-o", "json"], {
      POSTERN_URL: url,
      POSTERN_TOKEN: token,
    });
    if (said.exit !== 0) throw new Error(said.printed);
    return said.stdout;
  };
  const secretOf = (text: string): string => (JSON.parse(text) as { readonly secret: string }).secret;
  const first = await processes.command(["bootstrap", "user:ivo", "-o", "json"], {
    POSTERN_URL: url,
    POSTERN_BOOTSTRAP_TOKEN: SECRET,
  });
  if (first.exit !== 0) throw new Error(first.printed);
  const admin = secretOf(first.stdout);
  await idp(["entity", "put", "user:ana"], admin);
  const scanner = secretOf(
    await idp(
      ["token", "issue", "scanner", "--scope", "signals.write"].concat([
        "--resource",
        "signal:scanner",
        "--subject-type",
        "user",
      ]),
      admin,
    ),
  );
  const receiver = secretOf(
    await idp(["token", "issue", AUDIENCE, "--scope", "ssf.manage", "--subject-type", "user"], admin),
  );
  const transmitters = join(folder, "transmitters.json");
  const named = {
    id: "idp",
    issuer: url,
    audience: AUDIENCE,
    delivery: "push",
    api_token: receiver,
    push_token: "agreed between the two for a tour",
    subject_types: ["user"],
  };
  writeFileSync(transmitters, JSON.stringify({ transmitters: [named] }), { mode: 0o600 });
  writeFileSync(
    join(folder, "risk.env"),
    `idp() { POSTERN_URL='${url}' POSTERN_TOKEN='${scanner}' postern "$@"; }\n`,
    { mode: 0o600 },
  );
  const told = streamOf(url, receiver).then((stream) =>
    asked(url, receiver, "/ssf/subjects/add", {
      stream_id: stream,
      subject: { format: "opaque", id: "ana" },
      verified: true,
    }),
  );
  if (byHand) {
    const running = await startSample({
      folder,
      transmitters,
      ports: await anyPorts(),
      signIn: "postern",
      printDecisions: true,
    });
    try {
      await told;
      console.log(
        `both are ready: in another terminal, \`cd ${root}\`, and then the steps of docs/tour-risk.md`,
      );
      await new Promise<void>((resolve) => {
        for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
      });
    } finally {
      await running.stop();
    }
  }
  const steps = byHand ? [] : tourSteps(readFileSync(join(ROOT, "docs/tour-risk.md"), "utf8"));
  const ran = byHand
    ? true
    : runSteps(steps, { folder, transmitters }, ({ step, printed, asTold }) => {
        console.log(`\n${asTold ? "ok  " : "FAIL"}  ${step.title}`);
        if (asTold)
          for (const line of printed.trimEnd().split("\n")) if (line !== "") console.log(`      ${line}`);
        if (!asTold) console.log(`expected:\n${step.prints}\n\ngot:\n${printed}`);
      });
  [all] = await Promise.all([ran, told]);
  if (!byHand) console.log(all ? "every step printed what the tour says" : "the tour did not go as it says");
} finally {
  await provider.stop();
  rmSync(root, { recursive: true, force: true });
}
process.exit(all ? 0 : 1);
