import { instant } from "@postern/core";
import { CRASH_POINTS } from "@postern/service";
import { openSqliteStore } from "@postern/store";
import { appendTo, bytes, newEntry, put } from "../../../testing/src/store-contract/batch.ts";

/** Appends batches to a directory, naming each acknowledged one, until it is killed at the point it was given. */
const [directory = "", name, occurrence] = process.argv.slice(2);
const point = CRASH_POINTS.find((known) => known === name);
if (!point) throw new Error(`expected a crash point, got \`${name}\``);
const store = await openSqliteStore({
  directory,
  world: { wall: () => instant(Date.now()) },
  crash: { point, occurrence: Number(occurrence) },
});
for (let batch = 1; batch <= 9; batch += 1) {
  await appendTo(store, `bat_${batch}`, {
    entries: [newEntry(`{"batch":${batch},"entry":1}`), newEntry(`{"batch":${batch},"entry":2}`)],
    rows: [put("locks", `lock_${batch}`)],
    keys: [{ id: `subject:${batch}`, wrappedBy: "deployment/1", box: bytes(`key ${batch}`) }],
    lostKeys: batch === 4 ? ["subject:1"] : [],
  });
  process.stdout.write(`bat_${batch}\n`);
}
