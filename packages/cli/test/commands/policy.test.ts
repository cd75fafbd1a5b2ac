import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pairs } from "../../src/commands/policy/view.ts";
import { fields } from "../../src/output/table.ts";
import { policyDir } from "../deployment.ts";
import { terminal } from "../terminal.ts";

const run = terminal();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "postern-policy-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("a policy directory, without a server", () => {
  it("that compiles is 0 and says how much it holds", async () => {
    const said = await run(`policy check ${policyDir}`);
    expect([said.exit, said.stdout]).toEqual([0, ""]);
    expect(said.stderr).toContain("2 Protections, 2 Offers");
  });

  it("says how many of each kind it holds, the rules of risk and of signals too", async () => {
    const directory = await mkdtemp(join(tmpdir(), "postern-kinds-"));
    const text = await readFile(join(policyDir, "policy.yaml"), "utf8");
    const rule =
      "kind: SignalRule\nname: r\nowner: o\nmode: enforce\nsignals: [session-revoked]\nendSessions: named\n";
    const risk =
      "kind: Risk\nname: risk\nowner: o\nmodel: weighted\nrequires: { high: { assurance: aal2 } }\n";
    await writeFile(join(directory, "policy.yaml"), `${text}---\n${risk}---\n${rule}`);
    const said = await run(`policy check ${directory}`);
    expect(said.stderr).toContain("2 Protections, 2 Offers, 1 Risk, 1 SignalRule,");
  });

  it("that is published shows each line of a warning on a line", () => {
    const revision = {
      id: "pol_x",
      publishedAt: "2026-11-22T10:00:00Z",
      activatedAt: null,
      active: false,
      replaced: null,
    };
    const text = fields(
      pairs({ ...revision, warnings: ["a.yaml:1:1: warning\n  1 | name: a"] }, 0),
      (_, one) => one,
    );
    expect(text).not.toContain("\\x0a");
    expect(text).toContain("1 | name: a");
  });

  it("that does not compile is 3, with file, line, column and a caret", async () => {
    const text = await readFile(join(policyDir, "policy.yaml"), "utf8");
    await writeFile(join(folder, "policy.yaml"), text.replace("mode: enforce", "mode: enforced"));
    const said = await run(`policy check ${folder}`);
    expect(said.exit).toBe(3);
    expect(said.stdout).toMatch(/^policy\.yaml:10:\d+: error /);
    expect(said.stdout).toMatch(/\n +10 \| mode: enforced\n +\| +\^/);
    expect((await run(`policy test ${folder}`)).exit).toBe(3);
    expect((await run(`policy check ${folder} -o json`)).json()).toMatchObject({
      ok: false,
      problems: expect.arrayContaining([
        expect.objectContaining({ file: "policy.yaml", line: 10, severity: "error", code: "wrong_value" }),
      ]),
    });
  });

  it("whose tests hold is 0, and 4 where one does not, with expected against got", async () => {
    expect(await run(`policy test ${policyDir}`)).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining("1 passed"),
    });
    await writeFile(join(folder, "policy.yaml"), await readFile(join(policyDir, "policy.yaml"), "utf8"));
    const tests = await readFile(join(policyDir, "house_test.yaml"), "utf8");
    await writeFile(join(folder, "house_test.yaml"), tests.replace("expect: challenge", "expect: permit"));
    const said = await run(`policy test ${folder}`);
    expect(said.exit).toBe(4);
    expect(said.stdout).toMatch(/house_test\.yaml:\d+ +"reports ask staff for a second step"/);
    expect(said.stdout).toMatch(/expected +permit\n +got +challenge/);
  });

  it("leaves out JSON that is no policy, and shows nothing of JSON that it cannot take", async () => {
    const directory = await mkdtemp(join(tmpdir(), "postern-mixed-"));
    const secret = "JBSWY3DPEHPK3PXP";
    await writeFile(join(directory, "ana.authenticator.json"), JSON.stringify({ totp: secret }));
    const alone = await run(`policy check ${directory}`);
    expect([alone.exit, alone.stderr]).toEqual([2, expect.stringContaining("no policy below")]);
    await writeFile(join(directory, "policy.yaml"), await readFile(join(policyDir, "policy.yaml"), "utf8"));
    const beside = await run(`policy check ${directory}`);
    expect([beside.exit, beside.stderr]).toEqual([
      0,
      expect.stringContaining("left out: ana.authenticator.json"),
    ]);
    for (const text of [`{ "kind": "Secret", "totp": "${secret}" }`, `{ "totp": "${secret}"`]) {
      await writeFile(join(directory, "ana.authenticator.json"), text);
      const refused = await run(`policy check ${directory}`);
      expect([refused.exit, refused.stderr]).toEqual([3, expect.stringContaining("ana.authenticator.json")]);
      expect(`${alone.stderr}${beside.stderr}${refused.stderr}${refused.stdout}`).not.toContain(secret);
    }
  });

  it("that is not there is 2", async () => {
    expect((await run(`policy check ${join(folder, "nowhere")}`)).exit).toBe(2);
  });

  it("has a JSON Schema for editors", async () => {
    const said = await run("policy schema");
    expect(said.json()).toMatchObject({ $schema: expect.any(String) });
  });
});

describe("the configuration", () => {
  it("is shown with where each value comes from, and no secret", async () => {
    const env = { POSTERN_PORT: "4700", POSTERN_BOOTSTRAP_TOKEN: "very-secret-indeed" };
    const said = await run("config print --origin postern.example/ledger", { env });
    expect(said.exit).toBe(0);
    expect(said.stdout).toMatch(/POSTERN_PORT +4700 +environment POSTERN_PORT/);
    expect(said.stdout).toMatch(/POSTERN_ORIGIN +postern.example\/ledger +flag --origin/);
    expect(said.stdout).not.toContain("very-secret-indeed");
  });

  it("with a name that there is not is refused with the nearest", async () => {
    const said = await run("config print", { env: { POSTERN_PROT: "4700" } });
    expect(said.exit).toBe(2);
    expect(said.stderr).toContain("did you mean `POSTERN_PORT`?");
  });
});
