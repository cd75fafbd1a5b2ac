import { type CompiledPolicy, type CompileOptions, compileSteps, type PolicyFile } from "@postern/core";
import type { World } from "../ports/world.ts";

/** How long the deciding thread is held at a time, in milliseconds, and one step more. */
const SLICE_MS = 4;

/** Compiles while others are answered in between: a large policy takes seconds, and no decision waits for them. */
export async function compileInSlices(
  files: readonly PolicyFile[],
  world: Pick<World, "monotonic" | "after">,
  options: CompileOptions = {},
): Promise<CompiledPolicy> {
  const steps = compileSteps(files, options);
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
