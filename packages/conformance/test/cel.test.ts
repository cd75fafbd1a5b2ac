import { describe, expect, it } from "vitest";
import { CEL_GROUPS, runCel } from "../src/cel.ts";

describe("the CEL conformance cases, through the closures that conditions use", () => {
  const { groups } = runCel();

  it.each(groups)("$name: every case passes or needs a part that conditions refuse", ({ failed }) => {
    expect(failed).toEqual([]);
  });

  it("all groups are run, and none of their cases is lost", () => {
    expect(groups.map((group) => group.name)).toEqual(CEL_GROUPS);
    const refused = groups
      .flatMap((group) => Object.values(group.refused))
      .reduce((sum, count) => sum + count, 0);
    const passed = groups.reduce((sum, group) => sum + group.passed, 0);
    expect({ passed, refused }).toEqual({ passed: 1004, refused: 107 });
  });

  it("regular expressions and protobuf messages are all that is refused", () => {
    expect(new Set(groups.flatMap((group) => Object.keys(group.refused)))).toEqual(
      new Set(["regular-expressions", "protobuf-messages"]),
    );
  });
});
