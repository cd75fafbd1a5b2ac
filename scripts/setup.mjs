// Installs from the lock file when node_modules is missing or older than the lock.
// Runs on whatever Node the machine has (20 or newer); everything after it runs on the
// Node 24 that this install brings as an ordinary, integrity-locked dependency.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const lock = readFileSync(join(root, "package-lock.json"));
const wanted = createHash("sha256").update(lock).digest("hex");
const stamp = join(root, "node_modules", ".postern-setup");
const installed = existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;

if (!installed) {
  console.error("postern: installing dependencies from package-lock.json");
  const npm = process.env.npm_execpath;
  const [command, prefix] = npm ? [process.execPath, [npm]] : ["npm", []];
  const done = spawnSync(
    command,
    [...prefix, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
    {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      shell: npm === undefined && process.platform === "win32",
    },
  );
  if (done.status !== 0) {
    console.error("postern: `npm ci` failed; the lines above say why. Nothing was started.");
    process.exit(done.status ?? 1);
  }
  writeFileSync(stamp, wanted);
}
