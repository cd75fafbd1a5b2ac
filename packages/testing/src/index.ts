export {
  type Deployment,
  type DeploymentOptions,
  deployment,
  must,
  type WrittenEntry,
} from "./deployment/deployment.ts";
export { samplePlaces, sampleProviders } from "./mmdb/sample.ts";
export { type MmdbContent, type MmdbValue, writeMmdb } from "./mmdb/write-mmdb.ts";
export { type Visitor, visitor } from "./people/visitor.ts";
export { findPostgres } from "./postgres/binaries.ts";
export { type RunningPostgres, startPostgres } from "./postgres/start-postgres.ts";
export { generate as generateSignIns } from "./risk/generate.ts";
export { dayOfSignIn, sightingOfSignIn } from "./risk/sighting.ts";
export { keptInMemory } from "./world/kept-in-memory.ts";
export { type ManualWorld, manualWorld } from "./world/manual-world.ts";
