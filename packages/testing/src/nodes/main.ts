import { parseArgs } from "node:util";
import { findPostgres } from "../postgres/binaries.ts";
import { FAULTS, type FaultRow, nodesCampaign } from "./campaign.ts";

const USAGE = "npm run nodes -- [--seed N] [--scale 0.2] [--only 'cut off']";

process.exitCode = await main();
// Requests that a stopped node never answered must not keep this process.
process.exit();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "1" },
      scale: { type: "string", default: "1" },
      only: { type: "string", default: "" },
    },
  });
  const seed = Number(values.seed);
  const scale = Number(values.scale);
  if (!Number.isSafeInteger(seed) || !(scale > 0 && scale <= 10)) {
    console.error(`expected numbers: ${USAGE}`);
    return 2;
  }
  const only = patternOf(values.only);
  if (only === null || !FAULTS.some((fault) => only.test(fault))) {
    console.error(`no fault matches \`${values.only}\`; expected a pattern for some of these:`);
    for (const fault of FAULTS) console.error(`  ${fault}`);
    return 2;
  }
  if (findPostgres() === null) {
    console.error("PostgreSQL is not installed, and several nodes need it");
    return 1;
  }
  console.log(`three nodes on one PostgreSQL, seed ${seed}\n`);
  const { rows, violations, ledger } = await nodesCampaign({ seed, scale, only, onRow: print });
  const slowest = Math.max(...rows.map(({ converged }) => converged ?? 0));
  console.log(
    `\n${ledger.entries} entries, ${ledger.honours} honours and ${ledger.rows} rows in the ledger, read back and verified`,
  );
  console.log(`one again within ${Math.round(slowest)} ms of healing, at the latest`);
  for (const violation of violations.slice(0, 40)) console.log(`VIOLATION  ${violation}`);
  if (violations.length > 40) console.log(`and ${violations.length - 40} more`);
  console.log(violations.length === 0 ? "nothing was violated" : `${violations.length} violations`);
  return violations.length === 0 ? 0 : 1;
}

function patternOf(text: string): RegExp | null {
  try {
    return new RegExp(text);
  } catch {
    return null;
  }
}

function print({ fault, seconds, counts, converged, note }: FaultRow): void {
  const { honours, refusals, failures, visits, grants, revocations } = counts;
  console.log(`${fault} (${seconds.toFixed(1)} s)`);
  console.log(
    `  ${honours} honours, ${refusals} refused, ${failures} not answered; ${grants} opt-outs, ${revocations} revocations, ${visits} writes acknowledged`,
  );
  if (converged !== null) console.log(`  one again ${Math.round(converged)} ms after healing`);
  if (note !== "") console.log(`  ${note}`);
}
