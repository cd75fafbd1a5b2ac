// `npm run packages`: the tarballs of `npm run build` in an empty folder, as someone else would install them. Runs the
// tour there with `npx postern`, on the machine's own Node.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { ROOT } from "./root.ts";

const BUILD = join(ROOT, "build");
const tarballs = existsSync(BUILD) ? readdirSync(BUILD).filter((name) => name.endsWith(".tgz")) : [];
if (tarballs.length === 0) {
  console.error("there are no packages in build/: run `npm run build` first");
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), "postern-packages-"));
// Nothing of this project may help: neither its commands nor its settings.
const path = (process.env.PATH ?? "").split(delimiter).filter((one) => !one.startsWith(ROOT));
const env = Object.fromEntries(
  Object.entries({ ...process.env, PATH: path.join(delimiter) }).filter(
    ([name]) =>
      !name.startsWith("npm_package_") && name !== "npm_config_local_prefix" && name !== "NODE_OPTIONS",
  ),
);
function step(command: string, ...args: readonly string[]): void {
  console.log(`$ ${command} ${args.join(" ").replaceAll(`${BUILD}/`, "build/")}`);
  const { status } = spawnSync(command, args, { cwd: folder, env, stdio: "inherit" });
  if (status === 0) return;
  console.error(`${command} ended with ${status}`);
  rmSync(folder, { recursive: true, force: true });
  process.exit(1);
}

step(
  "npm",
  "install",
  "--no-fund",
  "--no-audit",
  "--ignore-scripts",
  ...tarballs.map((name) => join(BUILD, name)),
);
step("npx", "postern", "--version");
step("npx", "postern", "tour", "run");
rmSync(folder, { recursive: true, force: true });
console.log("the packages run the tour in an empty folder");
