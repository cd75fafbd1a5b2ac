// Installs from the lock file when node_modules is missing or older than the lock.
// Runs on whatever Node the machine has (20 or newer); everything after it runs on the
// Node 24 that this install brings as an ordinary, integrity-locked dependency.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const lock = readFileSync(join(root, "package-lock.json"));
const wanted = createHash("sha256").update(lock).digest("hex");
const stamp = join(root, "node_modules", ".postern-setup");
const turn = join(root, ".postern-setup.lock");

function installed() {
  const complete = existsSync(join(root, "node_modules", ".bin"));
  return complete && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
}

/** Whether this process may install now: two at once would take the files away from under each other. */
function takesTurn() {
  try {
    writeFileSync(turn, String(process.pid), { flag: "wx" });
    process.on("exit", () => rmSync(turn, { force: true }));
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  if (!isAlive()) rmSync(turn, { force: true });
  return false;
}

function isAlive() {
  try {
    process.kill(Number(readFileSync(turn, "utf8")), 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

let told = false;
while (!installed() && !takesTurn()) {
  if (!told) console.error("postern: waiting for another installation in this folder (.postern-setup.lock)");
  told = true;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
}

if (!installed()) {
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
