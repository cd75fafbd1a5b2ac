import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { merkleDirectory, runMerkle } from "../src/merkle.ts";

const beside = fileURLToPath(new URL("../../../../shared/conformance", import.meta.url));
const dir = merkleDirectory(process.env.POSTERN_CONFORMANCE_DIR ?? beside);

it.skipIf(!existsSync(dir))("accepts 12 public proof vectors and refuses 184", async () => {
  expect(await runMerkle(dir)).toEqual({ accepted: 12, refused: 184, wrong: [] });
});

it("fails where the vectors are absent", async () => {
  await expect(runMerkle(join(dir, "nowhere"))).rejects.toThrow();
});
