// Starts a node on a folder and tells what that took: `node live-target.ts <folder>`.

import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { keptHeadFile, realWorld } from "@postern/server";
import { createService } from "@postern/service";
import { openSqliteStore } from "@postern/store";
import { START_MASTER, START_ORIGIN } from "../start.ts";
import type { LiveTold } from "./live-told.ts";

const WATCHED_MS = 10_000;
const directory = process.argv[2] ?? "";
const world = realWorld();
const began = performance.now();
const service = await createService({
  world,
  store: await openSqliteStore({ directory, world }),
  masterKey: START_MASTER,
  origin: START_ORIGIN,
  keptHead: keptHeadFile(join(directory, "head.note")),
});
const seconds = (performance.now() - began) / 1_000;
const used = process.cpuUsage();
const residentMb = process.memoryUsage.rss() / 1e6;
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
await pause(WATCHED_MS);
delay.disable();
setFlagsFromString("--expose-gc");
const collect: unknown = runInNewContext("gc");
if (typeof collect === "function") for (let time = 0; time < 3; time++) collect();
await pause(500);
const { rss, heapUsed } = process.memoryUsage();
const told: LiveTold = {
  seconds,
  cpuSeconds: (used.user + used.system) / 1e6,
  residentMb,
  collectedMb: rss / 1e6,
  heapMb: heapUsed / 1e6,
  stallMs: delay.max / 1e6,
};
process.stdout.write(`${JSON.stringify(told)}\n`);
process.stdin.resume();
process.stdin.on("end", () => void service.close().then(() => process.exit(0)));
