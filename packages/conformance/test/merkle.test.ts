import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { findMaterial } from "../src/material.ts";
import { merkleDirectory, runMerkle } from "../src/merkle.ts";

const dir = merkleDirectory(findMaterial(process.env).directory);

it.skipIf(!existsSync(dir))("accepts 12 public proof vectors and refuses 184", async () => {
  expect(await runMerkle(dir)).toEqual({ accepted: 12, refused: 184, wrong: [] });
});

it("fails where the vectors are absent", async () => {
  await expect(runMerkle(join(dir, "nowhere"))).rejects.toThrow();
});
