import { patternWithin, type ResourcePattern } from "../../opt-out/scope.ts";
import type { Policy } from "../revision.ts";

/**
 * Whether all of these resources, for all of these actions, were already governed by an enforced Protection
 * that says who is permitted. Then governing them once more can only ask for more.
 */
export function alreadyGoverned(
  policy: Policy,
  resources: readonly ResourcePattern[],
  actions: ReadonlySet<string> | null,
  except: string,
): boolean {
  const governing = policy.protections.filter(
    (one) =>
      one.name !== except &&
      one.mode === "enforce" &&
      one.permit !== null &&
      (one.actions === null ||
        (actions !== null && [...actions].every((action) => one.actions?.has(action)))),
  );
  return resources.every((wanted) =>
    governing.some((one) => one.resources.some((pattern) => patternWithin(wanted, pattern))),
  );
}

/** The patterns of which no pattern of the other list covers everything. */
export function uncovered(
  patterns: readonly ResourcePattern[],
  by: readonly ResourcePattern[],
): readonly ResourcePattern[] {
  return patterns.filter((pattern) => !by.some((other) => patternWithin(pattern, other)));
}
