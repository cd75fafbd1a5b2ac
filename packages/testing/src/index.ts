export {
  type Deployment,
  type DeploymentOptions,
  deployment,
  must,
  type WrittenEntry,
} from "./deployment/deployment.ts";
export { keptInMemory } from "./world/kept-in-memory.ts";
export { type ManualWorld, manualWorld } from "./world/manual-world.ts";
