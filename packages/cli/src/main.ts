import { dispatch } from "./dispatch.ts";
import { EXIT } from "./exit-code.ts";
import { nodeContext } from "./node-context.ts";

/** One Ctrl-C may arrive twice, from the terminal and from whatever started this; milliseconds. */
const SAME = 500;

const stop = new AbortController();
let first = 0;
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    // A second signal does not wait.
    if (stop.signal.aborted && performance.now() - first > SAME) process.exit(EXIT.interrupted);
    first ||= performance.now();
    stop.abort(name);
  });
}
// Whoever reads may stop reading (`postern ledger tail | head`): that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? EXIT.ok : EXIT.unexpected);
});

process.exitCode = await dispatch(process.argv.slice(2), nodeContext(stop.signal));
