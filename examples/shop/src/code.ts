// Stands in for an authenticator app while trying the sample: prints a code that the shop takes next.
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { readCode } from "./read-code.ts";

const folder = process.env.SHOP_DATA_DIR ?? join(import.meta.dirname, "../../../.postern/shop");
const [name = "", option] = process.argv.slice(2);
try {
  const { code, wait, uri } = readCode(folder, name, Date.now());
  if (option === "--uri") {
    console.log(uri);
  } else {
    if (wait > 0) console.error(`a code is good once; the next one in ${Math.ceil(wait / 1000)} s`);
    await pause(wait);
    console.log(code);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
