// `npm run e2e:sessions`: how sessions end and stay, in real browsers with several windows. The clocks of the server and of
// each browser are moved together.
import { join, relative } from "node:path";
import { findProgram } from "./demo/program.ts";
import { checksOf } from "./e2e-sessions/checks.ts";
import { enrolled } from "./e2e-sessions/people.ts";
import { openStage } from "./e2e-sessions/stage.ts";
import { ROOT } from "./root.ts";

const chromium = process.env.POSTERN_CHROMIUM ?? findProgram("chromium") ?? findProgram("google-chrome");
if (chromium === null) {
  console.error("there is no Chromium here. Install it (Debian: apt install chromium) and try again.");
  process.exit(1);
}
const pictures = process.argv[2] ?? join(ROOT, "build/e2e-sessions");
const stage = await openStage(chromium, pictures);
let passed = 0;
let failed = 0;
try {
  const cast = {
    dana: await enrolled(stage, "dana", ["staff"]),
    erin: await enrolled(stage, "erin", ["staff"]),
  };
  const only = process.argv[3];
  for (const { name, run } of checksOf(stage, cast)) {
    if (only !== undefined && !new RegExp(only).test(name)) continue;
    try {
      await run();
      passed += 1;
      console.log(`ok    ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL  ${name}`);
      console.log(
        `      ${error instanceof Error ? (error.stack ?? error.message).replaceAll("\n", "\n      ") : String(error)}`,
      );
    }
  }
} finally {
  await stage.close();
}
console.log(`\npictures of each page: ${relative(process.cwd(), pictures)}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
