// `npm run demo:witness`: a real Postern and a real witness on loopback. Heads are cosigned, an export verifies offline
// with the witness required, and a forked log is refused with evidence that verifies. Ends with 1 where any step is not
// as it must be.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { processes } from "./demo/command.ts";
import { witnessSteps } from "./demo/witness.ts";

const folder = mkdtempSync(join(tmpdir(), "postern-witness-"));
let steps = 0;
let wrong = 0;
try {
  await witnessSteps(folder, processes, ({ step, ok, seen }) => {
    steps += 1;
    if (!ok) wrong += 1;
    console.log(`${ok ? "ok  " : "NO  "} ${step}`);
    for (const line of seen.replaceAll(`${folder}/`, "").split("\n")) console.log(`       ${line}`);
  });
  console.log(
    wrong === 0 ? `\nAll ${steps} steps are as they must be.` : `\n${wrong} of ${steps} steps are not.`,
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  wrong += 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(wrong === 0 ? 0 : 1);
