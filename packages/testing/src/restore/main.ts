// `npm run restore`: backs up under load, restores elsewhere, and holds the first answers to what ended meanwhile.
import { findPostgres } from "../postgres/binaries.ts";
import { restoreCampaign } from "./campaign.ts";

if (findPostgres() === null) {
  console.error("PostgreSQL is not installed, and half of this needs it");
  process.exit(1);
}
let sound = true;
for (const kind of ["sqlite", "postgres"] as const) {
  const { held, faults } = await restoreCampaign(kind);
  console.log(`${kind}: ${held.length} held, ${faults.length} did not`);
  for (const one of held) console.log(`  held    ${one}`);
  for (const one of faults) console.log(`  BROKEN  ${one}`);
  if (faults.length > 0) sound = false;
}
console.log(
  sound ? "nothing that ended was honoured, and the old nodes are fenced off" : "something did not hold",
);
process.exitCode = sound ? 0 : 1;
