import { report } from "../compile/context.ts";
import { validate } from "../document/validate.ts";
import type { PolicyFile, PolicyProblem } from "../problem.ts";
import type { Places } from "../source/place.ts";
import { isPlainMap } from "../source/plain.ts";
import { readSources } from "../source/read.ts";
import { allSteps } from "../steps.ts";
import { type TestDocument, testSchema } from "./document.ts";

export interface PlacedTest {
  readonly document: TestDocument;
  readonly places: Places;
}

/** Reads suites; problems are places where a suite says nothing that can be run. */
export function readTests(files: readonly PolicyFile[]): {
  readonly suites: readonly PlacedTest[];
  readonly problems: PolicyProblem[];
} {
  const { documents, problems: found } = allSteps(readSources(files));
  const problems = [...found];
  const suites: PlacedTest[] = [];
  for (const { value, places } of documents) {
    const before = problems.length;
    if (!isPlainMap(value)) {
      report(problems, "error", "not_a_mapping", "expected a document of kind `PolicyTest`", places.start);
      continue;
    }
    validate(value, testSchema.json, places, (code, message, at, hint) =>
      report(problems, "error", code, message, at, hint),
    );
    // The schema has just been checked.
    if (problems.length === before) suites.push({ document: value as unknown as TestDocument, places });
  }
  return { suites, problems };
}
