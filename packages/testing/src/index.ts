export { type Deployment, deployment, must } from "./deployment/deployment.ts";
export { keptInMemory } from "./world/kept-in-memory.ts";
export { type ManualWorld, manualWorld } from "./world/manual-world.ts";
