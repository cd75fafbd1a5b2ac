export { ASSERTION_TYPE } from "./assertion.ts";
export * from "./config.ts";
export { createLog, type Log } from "./log.ts";
export { realWorld } from "./world.ts";
