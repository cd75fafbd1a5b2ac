import { startVitest } from "vitest/node";
import { ATTACKS, type Attack } from "./attacks.ts";

const files = [...new Set(ATTACKS.map(({ file }) => file))];
const runner = await startVitest("test", files, { watch: false, reporters: [{}] });
const found = runner.state.getTestModules().flatMap((module) =>
  [...module.children.allTests()].map((test) => ({
    file: module.moduleId,
    name: test.fullName,
    state: test.result().state,
  })),
);
const errors = runner.state.getUnhandledErrors().length;
await runner.close();

/** Null: held off. A test that is not there, or did not run, holds off nothing. */
function missed({ file, tests }: Attack): string | null {
  for (const beginning of tests) {
    const own = found.filter((one) => one.file.endsWith(file) && one.name.startsWith(beginning));
    if (own.length === 0) return `there is no test \`${beginning}\``;
    const bad = own.find(({ state }) => state !== "passed");
    if (bad !== undefined) return `${bad.state}: ${bad.name}`;
  }
  return null;
}

let failed = errors;
for (const attack of ATTACKS) {
  const why = missed(attack);
  if (why !== null) failed += 1;
  console.log(why === null ? `refused  ${attack.name}` : `MISSED   ${attack.name}\n         ${why}`);
}
const others = found.filter(({ state }) => state === "failed").length;
console.log(
  failed === 0 && others === 0
    ? `${ATTACKS.length} attacks on identity tried in ${found.length} tests: each was refused, and their honest twins went through`
    : `${failed} of ${ATTACKS.length} attacks on identity were missed, ${others} tests failed`,
);
process.exit(failed === 0 && others === 0 ? 0 : 1);
