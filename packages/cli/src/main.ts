import { dispatch } from "./dispatch.ts";
import { EXIT } from "./exit-code.ts";
import { nodeContext } from "./node-context.ts";

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    // A second signal does not wait.
    if (stop.signal.aborted) process.exit(EXIT.interrupted);
    stop.abort(name);
  });
}
// Whoever reads may stop reading (`postern ledger tail | head`): that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? EXIT.ok : EXIT.unexpected);
});

process.exitCode = await dispatch(process.argv.slice(2), nodeContext(stop.signal));
