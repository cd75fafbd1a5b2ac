import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findProgram } from "../scripts/demo/program.ts";
import { ROOT } from "../scripts/root.ts";

function demo(name: string): { readonly status: number | null; readonly printed: string } {
  const script = join(ROOT, "scripts/demo.ts");
  const ran = spawnSync(process.execPath, ["--conditions=@postern/source", script, name], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return { status: ran.status, printed: `${ran.stdout}${ran.stderr}` };
}

describe.each(["nginx", "caddy"])("%s", (name) => {
  it.skipIf(findProgram(name) === null)(
    `gives the outcomes of the built-in gateway (needs ${name} on this machine)`,
    () => {
      const { status, printed } = demo(name);
      expect(status, printed).toBe(0);
      expect(printed).toMatch(/All \d+ steps have the same outcome/);
    },
  );
});

describe("a demo", () => {
  it("of a proxy that it does not know is refused", () => {
    expect(demo("apache")).toMatchObject({ status: 2 });
  });
});
