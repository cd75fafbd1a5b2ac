import {
  type Comparison,
  type CompiledPolicy,
  type CompileOptions,
  compareSteps,
  compileSteps,
  type Policy,
  type PolicyFile,
} from "@postern/core";
import type { World } from "../ports/world.ts";

/** How long the deciding thread is held at a time, in milliseconds, and one step more. */
const SLICE_MS = 4;

/** Compiles while others are answered in between: a large policy takes seconds, and no decision waits for them. */
export function compileInSlices(
  files: readonly PolicyFile[],
  world: Pick<World, "monotonic" | "after">,
  options: CompileOptions = {},
): Promise<CompiledPolicy> {
  return inSlices(compileSteps(files, options), world);
}

/** Compares two revisions while others are answered in between. */
export function compareInSlices(
  from: Policy,
  to: Policy,
  world: Pick<World, "monotonic" | "after">,
): Promise<Comparison> {
  return inSlices(compareSteps(from, to), world);
}

async function inSlices<Value>(
  steps: Generator<void, Value>,
  world: Pick<World, "monotonic" | "after">,
): Promise<Value> {
  let began = world.monotonic();
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (world.monotonic() - began < SLICE_MS) continue;
    await new Promise<void>((resume) => {
      world.after(0, resume);
    });
    began = world.monotonic();
  }
}
