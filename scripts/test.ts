// Runs the whole suite and closes with one plain line that any reader of the output can count.
// What failed stands right before it, so that the end of a long output says what to mend.
import { relative } from "node:path";
import { startVitest, type TestModule } from "vitest/node";

const runner = await startVitest("test", process.argv.slice(2), { watch: false });
const modules = runner.state.getTestModules();
const tests = modules.flatMap((module) => [...module.children.allTests()]);
const inState = (state: string) => tests.filter((test) => test.result().state === state);
const errors = runner.state.getUnhandledErrors();
await runner.close();

const fileOf = (module: TestModule): string => relative(process.cwd(), module.moduleId);
const firstLine = (thrown: unknown): string =>
  String(
    typeof thrown === "object" && thrown !== null && "message" in thrown ? thrown.message : thrown,
  ).split("\n")[0] ?? "";

const skipped = inState("skipped");
for (const [file, those] of Map.groupBy(skipped, (test) => fileOf(test.module)))
  console.log(
    those.length > 3
      ? `skipped: ${those.length} tests of ${file}`
      : those.map((test) => `skipped: ${file} > ${test.fullName}`).join("\n"),
  );

const failed = [
  ...inState("failed").map((test) => [
    `${fileOf(test.module)} > ${test.fullName}`,
    test.result().errors?.[0],
  ]),
  // A file, or a hook of one, that fails outside any test.
  ...modules.flatMap((module) => {
    const suites = [...module.children.allSuites()].flatMap((suite) => suite.errors());
    return [...module.errors(), ...suites].map((error) => [fileOf(module), error]);
  }),
  ...errors.map((error) => ["outside any test", error]),
];
for (const [where, error] of failed) console.log(`failed: ${where}: ${firstLine(error)}`);

const passed = inState("passed").length;
console.log(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
process.exit(failed.length > 0 || passed === 0 ? 1 : 0);
