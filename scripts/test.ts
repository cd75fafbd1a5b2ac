// Runs the whole suite and closes with one plain line that any reader of the output can count.
import { startVitest } from "vitest/node";

const runner = await startVitest("test", process.argv.slice(2), { watch: false });
const tests = runner.state.getTestModules().flatMap((module) => [...module.children.allTests()]);
const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
const unfinished = runner.state
  .getTestModules()
  .filter((module) => module.state() === "failed" && module.children.size === 0).length;
const errors = runner.state.getUnhandledErrors().length;
const failed = count("failed") + unfinished + errors;
await runner.close();
for (const test of tests.filter((test) => test.result().state === "skipped"))
  console.log(`skipped: ${test.fullName}`);
console.log(`${count("passed")} passed, ${failed} failed, ${count("skipped")} skipped`);
process.exit(failed > 0 || count("passed") === 0 ? 1 : 0);
