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

/** With SQLite the store's clock is the moved one; with PostgreSQL the node's alone is. */
export const DRIFT_CASES: readonly DriftCase[] = (["sqlite", "postgres"] as const).flatMap((store) =>
  TROUBLES.flatMap((trouble) =>
    [false, true].map((restart) => ({
      name: `${store}: ${trouble}${restart ? ", and a restart" : ""}`,
      trouble,
      restart,
      store,
    })),
  ),
);

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
  const inTurn = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [at, { name, trouble, restart, store }] = next;
      const databaseUrl = store === "postgres" ? await server?.createDatabase() : undefined;
      const run = await driftRun({
        trouble,
        restart,
        seed: seed + at,
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
