import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Registered } from "@postern/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Deployment, deployment, policyDir } from "../deployment.ts";
import type { Said, Terminal } from "../terminal.ts";

let here: Deployment;
let ben: Terminal;
let folder: string;

const done = (said: Said): Said => {
  if (said.exit !== 0) throw new Error(`${said.exit}: ${said.stderr}`);
  return said;
};

const NARROWER = [
  "require: { assurance: aal1 }\nsignIn: { url: /login }\n---\nkind: Offer",
  "require: { assurance: aal2 }\nsignIn: { url: /login }\n---\nkind: Offer",
] as const;
const WIDER = ["  stepUp: { assurance: aal2 }\n", ""] as const;

async function candidate(name: string, [from, to]: readonly [string, string]): Promise<string> {
  const text = await readFile(join(policyDir, "policy.yaml"), "utf8");
  if (!text.includes(from)) throw new Error(`the policy of the tests has no ${from}`);
  const directory = await mkdtemp(join(folder, `${name}-`));
  await writeFile(join(directory, "policy.yaml"), text.replace(from, to));
  return directory;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "postern-changes-"));
  here = await deployment();
  ben = here.ben;
  done(await ben(["entity", "put", "user:ana", "-a", 'roles=["staff"]']));
  const shop = await here.as("shop", "sessions.register", "decide");
  const made = done(await shop("session register user:ana --acr aal1 --amr pwd -o json"));
  const { session } = made.json() as Registered;
  const { decisions, sessions } = here.running.service;
  for (const id of ["/reports/17", "/nowhere/18"])
    await decisions.decide({
      subject: null,
      action: { name: "get" },
      resource: { type: "route", id },
      session: sessions.byId(session.id),
      askedBy: "test",
    });
});
afterAll(async () => {
  await here.stop();
  await rm(folder, { recursive: true, force: true });
});

describe("policy simulate", () => {
  it("of what is in force is 0 and changes nothing", async () => {
    const said = await ben(`policy simulate ${policyDir}`);
    expect(said.exit).toBe(0);
    expect(said.stdout).toContain("It would widen nothing that was seen.");
    expect(said.stderr).toContain("simulating ");
  });

  it("of what is wider is 5, names whom and where, and has it all as JSON", async () => {
    const directory = await candidate("wider", WIDER);
    const said = await ben(`policy simulate ${directory}`);
    expect(said.exit).toBe(5);
    expect(said.stdout).toContain("It would widen access.");
    expect(said.stdout).toMatch(/get route:\/reports\/\*: challenge to permit, 1 decisions, 1 person/);
    expect(said.stderr).toContain("challenge to permit: user:ana get route:/reports/17");
    expect((await ben(`policy simulate ${directory} -o json`)).json()).toMatchObject({
      widens: true,
      file: null,
      unprotected: { decisions: 1, people: 1 },
    });
  });

  it("of what is narrower is 0, with facts of now as well", async () => {
    const directory = await candidate("narrower", NARROWER);
    expect((await ben(`policy simulate ${directory}`)).exit).toBe(0);
    const now = await ben(`policy simulate ${directory} --facts now`);
    expect([now.exit, now.stdout]).toEqual([0, expect.stringContaining("with facts as of now")]);
  });

  it("is 10 where nothing or not all was decided, and says so", async () => {
    const file = join(folder, "kept.jsonl");
    done(await ben(`decision export ${file}`));
    const lines = (await readFile(file, "utf8")).trim().split("\n");
    const cases = { empty: [], garbage: ["{}", "no"], short: lines.slice(0, -1), mixed: ["no", ...lines] };
    for (const [name, kept] of Object.entries(cases)) {
      const path = join(folder, `${name}.jsonl`);
      await writeFile(path, kept.join("\n"));
      const said = await ben(`policy simulate ${policyDir} --file ${path}`);
      expect([name, said.exit]).toEqual([name, 10]);
      expect(said.stdout).not.toContain("It would widen nothing");
      expect(said.stdout.includes("Nothing was decided")).toBe(name === "empty" || name === "garbage");
      expect(said.stdout.includes("Old outcome to new outcome:")).toBe(name === "short" || name === "mixed");
      expect(said.stderr).toContain(`simulating \`${path}\``);
    }
    const limited = await ben(`policy simulate ${policyDir} --limit 1`);
    expect([limited.exit, limited.stdout]).toEqual([10, expect.stringContaining("the limit of decisions")]);
    expect((await ben(`policy simulate ${policyDir} --file ${file}`)).exit).toBe(0);
  });

  it("of a file that is not there is told as one that cannot be read", async () => {
    for (const path of [join(folder, "nope.jsonl"), folder]) {
      const said = await ben(`policy simulate ${policyDir} --file ${path}`);
      expect([said.exit, said.stderr]).toEqual([2, expect.stringContaining(`\`${path}\` cannot be read`)]);
    }
  });

  it("takes a directory or a revision and not both, and says what does not compile", async () => {
    expect((await ben(`policy simulate ${policyDir} --revision pol_x`)).exit).toBe(2);
    expect((await ben(`policy simulate ${policyDir} --facts tomorrow`)).exit).toBe(2);
    const broken = await candidate("broken", ["mode: enforce", "mode: enforced"]);
    expect((await ben(`policy simulate ${broken}`)).stderr).toContain("policy.does_not_compile");
  });
});

describe("decision export", () => {
  it("writes a file that a simulation takes, and that names the lines it does not take", async () => {
    const file = join(folder, "decisions.jsonl");
    const said = done(await ben(`decision export ${file}`));
    expect(said.stderr).toMatch(/2 decisions written to /);
    const text = await readFile(file, "utf8");
    expect(text).not.toContain("staff");
    expect(text.trim().split("\n")).toHaveLength(3);

    const directory = await candidate("wider", WIDER);
    const whole = await ben(`policy simulate ${directory} --file ${file}`);
    expect(whole.exit).toBe(5);
    expect(whole.stdout).toContain("1 decisions, 1 person");
    expect(whole.stdout).not.toContain("Left out");

    const [first = "", ...others] = text.split("\n");
    const damaged = join(folder, "damaged.jsonl");
    await writeFile(
      damaged,
      ["not a line", first.replace(/"sealed":"..../, '"sealed":"AAAA'), ...others].join("\n"),
    );
    const { stdout } = await ben(`policy simulate ${directory} --file ${damaged}`);
    expect(stdout).toContain("Left out: 2 of 4 lines of the file:");
    expect(stdout).toContain("line 1: no line of an export");
    expect(stdout).toContain("line 2: changed, damaged, or of another deployment");
  });

  it("writes to standard output, in a span and about whom was asked, and never over a file", async () => {
    const said = done(await ben("decision export --outcome challenge --limit 1"));
    const [line, end] = said.stdout
      .trim()
      .split("\n")
      .map((one) => JSON.parse(one));
    expect(line).toMatchObject({ outcome: "challenge", subject: { id: "ana" } });
    expect(end).toMatchObject({ end: { decisions: 1, ended: "all" } });
    const file = join(folder, "there.jsonl");
    await writeFile(file, "mine");
    expect((await ben(`decision export ${file}`)).exit).not.toBe(0);
    expect(await readFile(file, "utf8")).toBe("mine");
    expect(await ben(`decision export ${file}`)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining(`\`${file}\` is there already`),
    });
    expect(await ben(`decision export ${join(folder, "nowhere", "kept.jsonl")}`)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("is in no folder"),
    });
    expect(done(await ben("decision export -")).stdout).toContain('"end":');
    const tomorrow = await ben("decision export - --since tomorrow");
    expect([tomorrow.exit, tomorrow.stderr]).toEqual([2, expect.stringContaining("`7d` ago, for --since")]);
    const nobody = await here.as("nobody", "opt-outs.read");
    expect((await nobody("decision export")).stderr).toContain("explain");
  });
});

describe("what is in force and what is observed", () => {
  it("is told by policy status, with an observation until it is stopped", async () => {
    const before = done(await ben("policy status"));
    expect(before.stdout).toMatch(/^In force: pol_/);
    const directory = await candidate("observed", WIDER);
    const published = done(await ben(`policy publish ${directory} -o json`)).json() as {
      readonly id: string;
    };
    expect((await ben(`policy observe ${published.id}`)).exit).toBe(2);
    expect((await ben(`policy observe ${published.id} --until 100d`)).stderr).toContain("policy.span");
    const observed = done(await ben(`policy observe ${published.id} --until 7d`));
    expect(observed.stdout).toContain(published.id);
    expect(done(await ben("policy status -o json")).json()).toMatchObject({
      observation: { revision: published.id, state: "observing" },
    });
    done(await ben(`policy observe ${published.id} --stop`));
    expect(done(await ben("policy status -o json")).json()).not.toMatchObject({
      observation: { state: "observing" },
    });
  });

  it("is not shown to whoever may neither change policy nor read decisions", async () => {
    const nobody = await here.as("other", "opt-outs.read");
    expect((await nobody("policy status")).exit).not.toBe(0);
  });
});

describe("policy coverage", () => {
  it("is 1 where something is seen but ungoverned, and shows templates, never what was asked for", async () => {
    const said = await ben("policy coverage");
    expect(said.exit).toBe(1);
    expect(said.stdout).toMatch(/get +route:\/nowhere\/\* +nothing/);
    expect(said.stdout).not.toMatch(/17|18/);
    expect(said.stderr).toContain("1 way is seen but ungoverned");
    const { items } = (await ben("policy coverage --ungoverned -o json")).json() as {
      readonly items: readonly { readonly governed: boolean }[];
    };
    expect(items).toHaveLength(1);
  });
});

describe("policy test", () => {
  it("prints how many rules its cases reached, and which they never did", async () => {
    const said = await ben(`policy test ${policyDir}`);
    expect(said.stdout).toMatch(/\d+ % of rules reached \(never reached: policy\.yaml:\d+ "anyone"\)/);
  });
});

describe("policy activate", () => {
  it("of what widens says that one person alone did it, and who has to look at it", async () => {
    const directory = await candidate("alone", WIDER);
    const { id } = done(await ben(`policy publish ${directory} -o json`)).json() as { readonly id: string };
    const alone = done(await ben(`policy activate ${id} --yes`));
    expect(alone.stderr).toMatch(/one person alone put it in force: .*postern unreviewed confirm act_/);
    expect(done(await ben("policy rollback")).stderr).not.toContain("unreviewed");
  });
});
