import type { World } from "@postern/service";
import type { Log } from "./log.ts";
import type { Running } from "./start.ts";

/** How long load balancers get to notice "not ready" before connections are refused, in milliseconds. */
const NOTICE = 3_000;
/** After this the process ends, finished or not. */
const LIMIT = 25_000;

/**
 * Ends the process in good order: SIGTERM first answers "not ready" for a moment, SIGINT stops at once; a second
 * signal forces. Exits 0 when everything was written, 1 when it took too long.
 */
export function stopOnSignals(running: Running, world: Pick<World, "after">, log: Log): void {
  let asked = false;
  const stop = (notice: number): void => {
    if (asked) process.exit(1);
    asked = true;
    running.drain();
    log.info({}, "stopping");
    // Held by a timer of its own: those of the world do not keep a process alive.
    const limit = setTimeout(() => process.exit(1), LIMIT);
    const finish = (): void => {
      running.stop().then(
        () => {
          clearTimeout(limit);
          process.exit(0);
        },
        () => process.exit(1),
      );
    };
    if (notice === 0) finish();
    else world.after(notice, finish);
  };
  process.on("SIGTERM", () => stop(NOTICE));
  process.on("SIGINT", () => stop(0));
}
