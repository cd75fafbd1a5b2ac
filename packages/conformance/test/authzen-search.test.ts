import { expect, it } from "vitest";
import { runAuthzenSearch } from "../src/authzen-todo/search.ts";
import { findMaterial } from "../src/material.ts";

const { directory, present } = findMaterial(process.env);

it.skipIf(!present)("finds in 120 searches what the 40 decisions of the to-do interop imply", async () => {
  const of = 40;
  expect(await runAuthzenSearch(directory)).toEqual({
    found: { subject: { right: of, of }, resource: { right: of, of }, action: { right: of, of } },
    paged: { right: 120, of: 120 },
    wrong: [],
  });
});

it("fails where the decisions of the interop are absent", async () => {
  await expect(runAuthzenSearch("/nowhere")).rejects.toThrow("decisions.json");
});
