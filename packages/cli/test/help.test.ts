import { describe, expect, it } from "vitest";
import { TOPICS } from "../src/index.ts";
import { terminal } from "./terminal.ts";

const run = terminal();
const commands = TOPICS.flatMap((topic) => topic.commands);
const WIDEST = 125;

describe("help", () => {
  it("without a command lists everything there is, on standard output", async () => {
    const { exit, stdout, stderr } = await run("");
    expect([exit, stderr]).toEqual([0, ""]);
    for (const { name } of TOPICS) expect(stdout).toContain(`\n  ${name} `);
    expect(stdout.split("\n").length).toBeLessThan(60);
    expect(stdout).toContain("POSTERN_TOKEN");
  });

  it.each(commands.map((command) => [command.name, command] as const))(
    "for `%s` says what it does, how it is written and shows an example that parses",
    async (name, command) => {
      const { exit, stdout, stderr } = await run(`${name} --help`);
      expect([exit, stderr]).toEqual([0, ""]);
      expect(stdout).toContain(`Usage  postern ${name}`);
      expect(await run(`help ${name}`)).toMatchObject({ exit: 0, stdout });
      expect(command.examples.length).toBeGreaterThan(0);
      for (const { line } of command.examples) {
        expect(line.startsWith(`postern ${name}`)).toBe(true);
        const words =
          line
            .replace(/ > .*/, "")
            .replace(/^postern /, "")
            .match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
        const said = await run([...words.map((word) => word.replace(/^['"]|['"]$/g, "")), "--help"]);
        expect([line, said.exit, said.stderr]).toEqual([line, 0, ""]);
      }
    },
  );

  it("for a topic is the same however it is asked for", async () => {
    const { stdout } = await run("help opt-out");
    expect(stdout).toContain("opt-out request");
    for (const line of ["opt-out", "opt-out --help", "opt-out help", "--help opt-out"]) {
      expect(await run(line)).toMatchObject({ exit: 0, stdout });
    }
  });

  it("breaks what it says about a command into lines that a terminal shows whole", () => {
    const long = commands.flatMap(({ name, details = "" }) =>
      details
        .split("\n")
        .filter((line) => line.length > WIDEST && !line.startsWith("Scopes: "))
        .map((line) => `${name}: ${line}`),
    );
    expect(long).toEqual([]);
  });

  it("keeps one manner: summaries begin lower-case and end without a full stop", () => {
    for (const { summary } of [...commands, ...TOPICS]) expect(summary).toMatch(/^[a-z].*[^.]$/);
  });
});

describe("a command that there is not", () => {
  it.each([
    ["opt-uot ls", "did you mean `postern opt-out`?"],
    ["opt-out rquest", "did you mean `postern opt-out request`?"],
    ["ledger veriyf", "did you mean `postern ledger verify`?"],
    ["frobnicate", "`postern help` lists what there is"],
  ])("`%s` is refused with the nearest", async (line, hint) => {
    const { exit, stdout, stderr } = await run(line);
    expect([exit, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(hint);
  });
});

describe("a command line that is not as it should be", () => {
  it.each([
    ["opt-out show", "expected <id> after `postern opt-out show`"],
    ["opt-out show a b", "expected nothing more, got `b`"],
    ["opt-out ls --stat active", "unknown option `--stat`"],
    ["opt-out ls --state actve", "expected one of pending, scheduled, active"],
    ["opt-out ls -o yaml", "expected `table` or `json` for --output, got `yaml`"],
    ["opt-out ls", "no token"],
    ["opt-out ls --token-file /nowhere/token", "`/nowhere/token` cannot be read"],
    ["offer ls --url localhost --token-file /dev/null", "expected an http or https URL, got `localhost`"],
    ["opt-out request x --length soon", "expected a length such as `7d`"],
    ["lock place subject ana", "as `type:id`, such as `user:ana`"],
    ["opt-out ls --stat active", "did you mean `--state`?"],
    ["opt-out ls --staet active", "did you mean `--state`?"],
    ["entity put user:ana -a roles=[staff]", "expected JSON for"],
  ])("`%s` is 2, with what was expected and nothing on standard output", async (line, message) => {
    const { exit, stdout, stderr } = await run(
      line,
      line === "opt-out ls" ? {} : { env: { POSTERN_TOKEN: "pst_x" } },
    );
    expect([exit, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  it("says so in JSON where JSON was asked for", async () => {
    const { stderr } = await run("opt-out show -o json");
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "usage", exit: 2 } });
  });
});

describe("colour", () => {
  const dyed = "\u001b[";

  it("is there on a terminal, and not when piped, with NO_COLOR or on a dumb terminal", async () => {
    expect((await run("", { terminal: true })).stdout).toContain(dyed);
    expect((await run("")).stdout).not.toContain(dyed);
    expect((await run("", { terminal: true, env: { NO_COLOR: "1" } })).stdout).not.toContain(dyed);
    expect((await run("", { terminal: true, env: { TERM: "dumb" } })).stdout).not.toContain(dyed);
  });
});

describe("when nothing answers", () => {
  const env = { POSTERN_URL: "http://127.0.0.1:9", POSTERN_TOKEN: "pst_x" };

  it("the exit code is 9 and the hint says where to look", async () => {
    const { exit, stderr } = await run("keys status", { env });
    expect(exit).toBe(9);
    expect(stderr).toContain("postern doctor");
  });

  it("doctor is 9 too, and says what to start", async () => {
    const { exit, stdout } = await run("doctor", { env });
    expect(exit).toBe(9);
    expect(stdout).toMatch(/fail +server +nothing of Postern answers at http:\/\/127.0.0.1:9/);
  });
});

describe("the version", () => {
  it("is this package's", async () => {
    expect((await run("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
