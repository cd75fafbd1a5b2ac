import { startVitest } from "vitest/node";

/** An attack, and the rule of a test that holds it off: over real HTTP, unless no page or token has a part in it. */
export interface Attack {
  readonly name: string;
  readonly file: string;
  /** The beginning of the full name of every test that belongs to it. */
  readonly tests: readonly string[];
}

interface Found {
  readonly file: string;
  readonly name: string;
  readonly state: string;
}

/** Runs the tests that hold the attacks off, prints a line for each attack, and answers how the process is to end. */
export async function campaign(on: string, attacks: readonly Attack[]): Promise<0 | 1> {
  const files = [...new Set(attacks.map(({ file }) => file))];
  const runner = await startVitest("test", files, { watch: false, reporters: [{}] });
  const found = runner.state
    .getTestModules()
    .flatMap((module) =>
      [...module.children.allTests()].map(
        (test): Found => ({ file: module.moduleId, name: test.fullName, state: test.result().state }),
      ),
    );
  const errors = runner.state.getUnhandledErrors().length;
  await runner.close();
  let failed = errors;
  for (const attack of attacks) {
    const why = missed(attack, found);
    if (why !== null) failed += 1;
    console.log(why === null ? `refused  ${attack.name}` : `MISSED   ${attack.name}\n         ${why}`);
  }
  const others = found.filter(({ state }) => state === "failed").length;
  const held = failed === 0 && others === 0;
  console.log(
    held
      ? `${attacks.length} attacks on ${on} tried in ${found.length} tests: each was refused, and their honest twins went through`
      : `${failed} of ${attacks.length} attacks on ${on} were missed, ${others} tests failed`,
  );
  return held ? 0 : 1;
}

/** Null: held off. A test that is not there, or did not run, holds off nothing. */
function missed({ file, tests }: Attack, found: readonly Found[]): string | null {
  for (const beginning of tests) {
    const own = found.filter((one) => one.file.endsWith(file) && one.name.startsWith(beginning));
    if (own.length === 0) return `there is no test \`${beginning}\``;
    const bad = own.find(({ state }) => state !== "passed");
    if (bad !== undefined) return `${bad.state}: ${bad.name}`;
  }
  return null;
}
