// `npm run e2e:identity`: one person's whole way through sign-in, in a real browser with a virtual authenticator.
import { join, relative } from "node:path";
import { findProgram } from "./demo/program.ts";
import { checksOf } from "./e2e-identity/checks.ts";
import { openStage } from "./e2e-identity/stage.ts";
import { ROOT } from "./root.ts";

const chromium = process.env.POSTERN_CHROMIUM ?? findProgram("chromium") ?? findProgram("google-chrome");
if (chromium === null) {
  console.error("there is no Chromium here. Install it (Debian: apt install chromium) and try again.");
  process.exit(1);
}
const pictures = process.argv[2] ?? join(ROOT, "build/e2e-identity");
const stage = await openStage(chromium, pictures);
let passed = 0;
let failed = 0;
try {
  for (const { name, run } of checksOf(stage)) {
    try {
      await run();
      passed += 1;
      console.log(`ok    ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL  ${name}\n      at ${stage.page.url().split("?")[0]}`);
      console.log(
        `      ${error instanceof Error ? error.message.replaceAll("\n", "\n      ") : String(error)}`,
      );
    }
  }
} finally {
  await stage.close();
}
console.log(`\npictures of each page: ${relative(process.cwd(), pictures)}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
