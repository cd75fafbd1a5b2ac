import { writeSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { callerOf, type DeathWish, type Ground, openNode } from "./ground.ts";
import { live } from "./load.ts";
import { between, seeded } from "./seeded.ts";
import type { Told } from "./told.ts";

/** What the campaign tells a node before it opens its database. */
export interface Orders {
  readonly ground: Ground;
  readonly wish: DeathWish | null;
  readonly secret: string;
  readonly seed: number;
  readonly round: number;
}

const TO_CAMPAIGN = 3;
const WORKERS = 6;

// A node under load. Its modules are loaded before the orders come, while the round before is still being checked.
// A killed process never gets to keep what it compiled: it is kept now, for the next one.
flushCompileCache();
process.once("message", (orders: Orders) => {
  run(orders).catch((cause: unknown) => {
    tell({ kind: "broken", detail: cause instanceof Error ? cause.message : String(cause) });
    process.exit(1);
  });
});
process.once("disconnect", () => process.exit(1));

async function run({ ground, wish, secret, seed, round }: Orders): Promise<void> {
  const { service, alarms } = await openNode(ground, wish);
  const doubt = service.node.doubt();
  if (doubt !== null || alarms.length > 0)
    throw new Error(`the node started in doubt: ${doubt?.detail ?? alarms.join("; ")}`);
  tell({ kind: "ready" });
  const admin = callerOf(service, secret);
  const dice = seeded(seed);
  await Promise.all(
    Array.from({ length: WORKERS }, (_, worker) =>
      live({
        service,
        admin,
        dice: seeded(between(dice, 1, 2 ** 31)),
        name: `round-${round}-${seed}-${worker}`,
        tell,
      }),
    ),
  );
}

/** At once and whole: what is in the pipe outlives this process. */
function tell(told: Told): void {
  writeSync(TO_CAMPAIGN, `${JSON.stringify(told)}\n`);
}
