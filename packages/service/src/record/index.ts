// The writer and what it is made of, for those who drive it without use-cases: benchmarks and simulations.
export { type ControlClock, controlClock } from "../clock/control-clock.ts";
export { type Keyring, keyring } from "../keyring/keyring.ts";
export { emptyState, type State } from "../projection/state.ts";
export { type RandomPool, randomPool } from "../seal/box.ts";
export { type DeploymentKeys, deploymentKeys } from "../seal/master.ts";
export type { Command, Draft, DraftEvent } from "./command.ts";
export { type Tip, tip } from "./tip.ts";
export { type Writer, writer } from "./writer.ts";
