import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { GUARDS } from "./guards.ts";

/** Loaded before everything else: takes one guard out of its source, in this process alone. */
const index = Number(process.env.SIMULATE_WITHOUT_GUARD);
const guard = GUARDS[index];
if (guard === undefined) throw new Error(`there is no guard ${index}`);
const url = new URL(`../../../${guard.file}`, import.meta.url);
const parts = readFileSync(url, "utf8").split(guard.from);
if (parts.length !== 2)
  throw new Error(
    `expected the guard \`${guard.name}\` once in ${guard.file}, found it ${parts.length - 1} times; say anew what it is`,
  );
const source = parts.join(guard.to);

registerHooks({
  load: (at, context, next) =>
    at === url.href ? { ...next(at, context), source, shortCircuit: true } : next(at, context),
});
