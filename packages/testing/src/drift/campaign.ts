import { startPostgres } from "../postgres/start-postgres.ts";
import { type DriftRun, driftRun } from "./run.ts";
import { TROUBLES, type Trouble } from "./troubles.ts";

/** What is run, by its name: the trouble, whether the node is restarted in it, and whose clock is the control plane's. */
export interface DriftCase {
  readonly name: string;
  readonly trouble: Trouble;
  readonly restart: boolean;
  readonly store: "sqlite" | "postgres";
}

/** With SQLite the store's clock is the moved one; with PostgreSQL the node's alone is, and half of it is run. */
export const DRIFT_CASES: readonly DriftCase[] = (["sqlite", "postgres"] as const).flatMap((store) =>
  TROUBLES.flatMap((trouble, at) =>
    [false, true]
      .filter((restart) => store === "sqlite" || restart === (at % 2 === 1))
      .map((restart) => ({
        name: `${store}: ${trouble}${restart ? ", and a restart" : ""}`,
        trouble,
        restart,
        store,
      })),
  ),
);

/** Nodes that start side by side: more of them only wait for each other. */
const STARTS_AT_ONCE = 2;

export async function driftCampaign(options: {
  readonly cases: readonly DriftCase[];
  readonly seed: number;
  /** Nodes that run side by side. */
  readonly atOnce: number;
  readonly onRun: (name: string, run: DriftRun) => void;
}): Promise<readonly DriftRun[]> {
  const { cases, seed, onRun } = options;
  const server = cases.some(({ store }) => store === "postgres")
    ? await startPostgres({ fsync: false })
    : null;
  const runs: DriftRun[] = [];
  const left = [...cases.entries()];
  const waiting: (() => void)[] = [];
  let starting = 0;
  const inLine = async <Value>(start: () => Promise<Value>): Promise<Value> => {
    if (starting >= STARTS_AT_ONCE) await new Promise<void>((goOn) => waiting.push(goOn));
    else starting += 1;
    try {
      return await start();
    } finally {
      const next = waiting.shift();
      if (next === undefined) starting -= 1;
      else next();
    }
  };
  const inTurn = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [at, { name, trouble, restart, store }] = next;
      const databaseUrl = store === "postgres" ? await server?.createDatabase() : undefined;
      const run = await driftRun({
        trouble,
        restart,
        seed: seed + at,
        inLine,
        ...(databaseUrl === undefined ? {} : { databaseUrl }),
      });
      runs.push(run);
      onRun(name, run);
    }
  };
  try {
    await Promise.all(Array.from({ length: options.atOnce }, inTurn));
  } finally {
    await server?.stop();
  }
  return runs;
}
