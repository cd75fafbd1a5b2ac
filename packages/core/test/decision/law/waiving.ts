import type { Scene } from "../../../../testing/src/builders/index.ts";
import type { Decision, OptOut } from "../../../src/index.ts";

/** The opt-outs that an answer rests on. */
export function waiving(scene: Scene, decision: Decision): readonly OptOut[] {
  const ids = new Set(decision.waived.map(({ optOut }) => optOut));
  return scene.optOuts.filter(({ id }) => ids.has(id));
}

/** The same scene with every opt-out changed. */
export function withOptOuts(scene: Scene, change: (optOut: OptOut) => Partial<OptOut>): Scene {
  return { ...scene, optOuts: scene.optOuts.map((optOut) => ({ ...optOut, ...change(optOut) })) };
}
