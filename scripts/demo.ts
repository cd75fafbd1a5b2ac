// `npm run demo:nginx` and `npm run demo:caddy`: the tour's requests through a real proxy and through the built-in
// gateway, side by side. Ends with 1 where any outcome differs or is not what it must be.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { anyPort, anyPorts, readCode, type Sample, startSample } from "@postern/example-shop";
import { findProgram, type RunningProgram, versionOf } from "./demo/program.ts";
import { caddy, nginx } from "./demo/proxy.ts";
import { runSteps, type Stage } from "./demo/steps.ts";

const proxy = [nginx, caddy].find(({ name }) => name === process.argv[2]);
if (proxy === undefined) {
  console.error(`expected \`nginx\` or \`caddy\`, got \`${process.argv[2] ?? ""}\``);
  process.exit(2);
}
const path = findProgram(proxy.program);
if (path === null) {
  console.error(`${proxy.name} is not installed. Install it (${proxy.install}) and try again.`);
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), `postern-${proxy.name}-`));
let sample: Sample | null = null;
let running: RunningProgram | null = null;
let differences = 0;
try {
  sample = await startSample({
    folder: join(folder, "postern"),
    ports: await anyPorts(),
    // Only the built-in gateway leads people to Postern's own sign-in.
    signIn: "own",
    printDecisions: false,
  });
  const { people, shopFolder } = sample;
  const hostOf = (url: string): string => new URL(url).host.replace("localhost", "127.0.0.1");
  const port = await anyPort();
  running = await proxy.start(path, {
    folder,
    port,
    shop: hostOf(sample.shop),
    control: hostOf(sample.control),
    gateway: hostOf(sample.gateway),
  });
  console.log(
    `${proxy.name} (${versionOf(path, proxy.versionFlag)}) on port ${port}, in front of the shop\n`,
  );
  const stage = (origin: string): Stage => ({
    origin,
    people,
    leads: proxy.leads,
    code: () => readCode(shopFolder, "ana", Date.now()),
  });
  const builtIn = await runSteps(stage(sample.gateway));
  const proxied = await runSteps(stage(`http://localhost:${port}`));
  const wide = Math.max(...builtIn.map(({ step }) => step.length));
  const seenWide = Math.max(...builtIn.map(({ seen }) => seen.length), "built-in".length);
  const row = (step: string, left: string, right: string, same: string): string =>
    `${step.padEnd(wide)}  ${left.padEnd(seenWide)}  ${right.padEnd(seenWide)}  ${same}`;
  console.log(row("step", "built-in", proxy.name, "same?"));
  for (const [index, { step, seen, expected }] of builtIn.entries()) {
    const other = proxied[index]?.seen ?? "(missing)";
    const told = expected.test(seen) && expected.test(other);
    if (seen !== other || !told) differences += 1;
    console.log(row(step, seen, other, seen !== other ? "NO" : told ? "yes" : `NO: expected ${expected}`));
  }
  const challenges = proxied.filter(({ seen }) => seen.includes("insufficient_user_authentication")).length;
  if (challenges === 0) differences += 1;
  console.log(`\n${challenges} answers through ${proxy.name} carried an RFC 9470 challenge.`);
  console.log(
    differences === 0
      ? `All ${builtIn.length} steps have the same outcome.`
      : `${differences} of ${builtIn.length} steps differ.`,
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  differences += 1;
} finally {
  await running?.stop();
  await sample?.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(differences === 0 ? 0 : 1);
