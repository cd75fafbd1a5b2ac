export { ASSERTION_TYPE } from "./assertion.ts";
export * from "./config.ts";
export { decisionLine } from "./decision-line.ts";
export { keptHeadFile } from "./kept-head.ts";
export { createLog, type Log } from "./log.ts";
export { PolicyDirectoryError, readPolicyDirectory } from "./policy-directory.ts";
export { stopOnSignals } from "./signals.ts";
export { type Running, type StartOptions, startPostern } from "./start.ts";
export { realWorld } from "./world.ts";
