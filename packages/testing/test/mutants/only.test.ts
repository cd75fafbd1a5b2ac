import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { GUARDS } from "../../src/mutants/guards.ts";
import { FAULTS } from "../../src/nodes/campaign.ts";

describe("a name that chooses nothing", () => {
  it.each([
    ["mutants", "nonesuch", GUARDS.map(({ name }) => name)],
    ["nodes", "nonesuch", FAULTS],
    ["nodes", "(", FAULTS],
  ])("is refused by `npm run %s -- --only %s`, which says what there is", (command, only, names) => {
    const main = fileURLToPath(new URL(`../../src/${command}/main.ts`, import.meta.url));
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--conditions=@postern/source", main, "--only", only],
      { encoding: "utf8" },
    );
    expect([status, stdout]).toEqual([2, ""]);
    for (const name of names) expect(stderr).toContain(name);
  });
});
