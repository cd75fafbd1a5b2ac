import { afterEach, beforeEach, describe } from "vitest";
import { appendRules } from "./append-rules.ts";
import { artifactRules } from "./artifact-rules.ts";
import { keyRules } from "./key-rules.ts";
import { readingRules } from "./reading-rules.ts";
import { severalNodesRules, tailRules } from "./tail-rules.ts";
import type { Current, Trial } from "./trial.ts";
import { workingStateRules } from "./working-state-rules.ts";

/** Registers the rules that every adapter of the store port keeps. */
export function storeContract(
  name: string,
  nodes: "one node" | "several nodes",
  open: () => Promise<Trial>,
): void {
  describe(name, () => {
    let trial: Trial | null = null;
    const current: Current = () => {
      if (!trial) throw new Error("expected an open trial");
      return trial;
    };
    beforeEach(async () => {
      trial = await open();
    });
    afterEach(async () => {
      await trial?.close();
      trial = null;
    });
    appendRules(current);
    tailRules(current);
    if (nodes === "several nodes") severalNodesRules(current);
    readingRules(current);
    keyRules(current);
    workingStateRules(current);
    artifactRules(current);
  });
}
