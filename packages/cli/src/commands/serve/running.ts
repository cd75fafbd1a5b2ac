import { EXIT, type ExitCode } from "../../exit-code.ts";
import { CommandError, UsageError } from "../../failure.ts";
import type { Run } from "../../run.ts";

/** How long load balancers get to notice "not ready" after SIGTERM, and how long stopping may take, in milliseconds. */
const NOTICE = 3_000;
const LIMIT = 25_000;

/** Starts Postern and runs it until the signal. Throws `UsageError` for a configuration that is refused. */
export async function runServer(
  { context, out }: Run,
  flags: Readonly<Record<string, string | undefined>>,
): Promise<ExitCode> {
  const { ConfigError, loadConfig, startPostern } = await import("@postern/server");
  const { signal } = context;
  let config: ReturnType<typeof loadConfig>["config"];
  try {
    ({ config } = loadConfig({ env: context.env, flags }));
  } catch (error) {
    if (error instanceof ConfigError) {
      throw new UsageError(error.problems.join("\n  "), "`postern config print` shows what is set and where");
    }
    throw error;
  }
  const running = await startPostern(config).catch((error: unknown) => {
    throw startError(error);
  });
  const { control, people, gateway } = running.urls;
  out.note(`control plane  ${control}`);
  out.note(`people's pages ${people}`);
  out.note(gateway === undefined ? "gateway        off: no upstream" : `gateway        ${gateway}`);
  await aborted(signal);
  running.drain();
  if (signal.reason === "SIGTERM") await new Promise((resolve) => setTimeout(resolve, NOTICE));
  const limit = new Promise<"late">((resolve) => setTimeout(resolve, LIMIT, "late").unref());
  const ended = await Promise.race([running.stop().then(() => "stopped" as const), limit]);
  return ended === "late" ? EXIT.unexpected : EXIT.ok;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** What is wrong outside (a port, a directory, a key, a policy) is said in one line each, without a stack. */
function startError(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  if (error.code === "EADDRINUSE") {
    return new CommandError(
      EXIT.unavailable,
      "port" in error ? `port ${String(error.port)} is taken` : "a port is taken",
      "choose others with --port, --people-port and --gateway-port",
    );
  }
  if (error.code === "policy_directory.refused")
    return new CommandError(EXIT.policyDoesNotCompile, error.message);
  return new CommandError(EXIT.unexpected, error.message);
}
