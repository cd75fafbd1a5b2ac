import { expect, it } from "vitest";
import { runAuthzenTodo } from "../src/authzen-todo/run.ts";
import { findMaterial } from "../src/material.ts";

const { directory, present } = findMaterial(process.env);

it.skipIf(!present)("answers all 43 requests of the AuthZEN to-do interop as expected", async () => {
  expect(await runAuthzenTodo(directory)).toEqual({
    evaluation: { right: 40, of: 40 },
    evaluations: { right: 3, of: 3 },
    wrong: [],
  });
});

it("fails where the requests of the interop are absent", async () => {
  await expect(runAuthzenTodo("/nowhere")).rejects.toThrow("decisions.json");
});
