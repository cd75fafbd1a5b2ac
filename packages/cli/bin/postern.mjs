#!/usr/bin/env node
// Starts the command on a Node that can run it: from TypeScript in a checkout, from what was built in a package.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const OLDEST = 24;
const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "..", "src", "main.ts");
const built = join(here, "..", "dist", "main.js");
const inCheckout = existsSync(source);
const modern = Number(process.versions.node.split(".")[0]) >= OLDEST;

if (modern && !inCheckout) {
  await import(built);
} else {
  const node = modern ? process.execPath : nodeNearby();
  if (node === null) {
    console.error(`postern: expected Node ${OLDEST} or newer, got ${process.versions.node}`);
    process.exit(1);
  }
  const file = inCheckout ? ["--conditions=@postern/source", source] : [built];
  const child = spawn(node, [...file, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
}

/** The Node that npm installed beside us, where this one is too old. */
function nodeNearby() {
  for (let folder = here; dirname(folder) !== folder; folder = dirname(folder)) {
    const found = join(folder, "node_modules", ".bin", "node");
    if (existsSync(found)) return found;
  }
  return null;
}
