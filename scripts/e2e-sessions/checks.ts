import assert from "node:assert/strict";
import { choiceChecks } from "./choice.ts";
import { draftChecks } from "./drafts.ts";
import { endChecks } from "./ends.ts";
import { extensionChecks } from "./extensions.ts";
import type { Person } from "./people.ts";
import type { Stage } from "./stage.ts";
import { warningChecks } from "./warning.ts";

export interface Check {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** Somebody of the staff, and somebody else. */
export interface Cast {
  readonly dana: Person;
  readonly erin: Person;
}

export function checksOf(stage: Stage, cast: Cast): readonly Check[] {
  return [
    ...warningChecks(stage, cast),
    ...extensionChecks(stage, cast),
    ...endChecks(stage, cast),
    ...draftChecks(stage, cast),
    ...choiceChecks(stage, cast),
    {
      name: "asked for nothing that the pages' own policies refuse",
      async run() {
        assert.deepEqual(stage.troubles, []);
      },
    },
  ];
}
