// Stands in for an authenticator app while trying the sample: prints a code that the shop takes next.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { nextCode, otpauthUri } from "./second-step.ts";
import { databasePath, personIn } from "./store.ts";

const folder = process.env.SHOP_DATA_DIR ?? join(import.meta.dirname, "../../../.postern/shop");
const [name = "", option] = process.argv.slice(2);
const path = databasePath(folder);
if (!existsSync(path)) {
  console.error(`there is no shop in \`${folder}\`; run \`npm start\` first, or set SHOP_DATA_DIR`);
  process.exit(1);
}
const database = new DatabaseSync(path, { readOnly: true });
const person = personIn(database, name);
database.close();
if (person === null) {
  console.error(`expected ana, ben, cleo or olga, got \`${name}\``);
  process.exit(2);
}
if (option === "--uri") {
  console.log(otpauthUri(person.secret, person.name));
} else {
  const { code, wait } = nextCode(person.secret, person.name, person.lastStep, Date.now());
  if (wait > 0) console.error(`a code is good once; the next one in ${Math.ceil(wait / 1000)} s`);
  await pause(wait);
  console.log(code);
}
