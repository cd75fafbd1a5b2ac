import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { asking } from "../races/ask.ts";

const LONGEST_START_MS = 60_000;
const CLI = fileURLToPath(new URL("../../../cli/src/main.ts", import.meta.url));

/** `postern serve` in a process of its own, at addresses that stay the same over restarts. */
export interface RealNode {
  readonly control: string;
  readonly people: string;
  readonly gateway: string;
  signal(name: NodeJS.Signals): void;
  /** Ends it, by SIGKILL or in order. */
  end(how: "killed" | "stopped"): Promise<void>;
  /** Starts it again on the same data. */
  start(): Promise<void>;
}

export async function realNode(options: {
  /** Settings, by the names of their environment variables without `POSTERN_`. */
  readonly settings: Readonly<Record<string, string>>;
  /** Loaded before everything else, with this environment. */
  readonly preload?: { readonly file: string; readonly env: Readonly<Record<string, string>> };
}): Promise<RealNode> {
  const [port, peoplePort, gatewayPort] = await freePorts();
  const at = (of: number | undefined): string => `http://127.0.0.1:${of}`;
  const env: Record<string, string> = { ...options.preload?.env };
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined && !name.startsWith("POSTERN_") && name !== "NODE_OPTIONS") env[name] = value;
  for (const [name, value] of Object.entries({
    MODE: "development",
    PORT: String(port),
    PEOPLE_PORT: String(peoplePort),
    GATEWAY_PORT: String(gatewayPort),
    LOG_LEVEL: "silent",
    ...options.settings,
  }))
    env[`POSTERN_${name}`] = value;
  let child: ChildProcess | null = null;
  const node: RealNode = {
    control: at(port),
    people: at(peoplePort),
    gateway: at(gatewayPort),
    signal: (name) => void child?.kill(name),
    async end(how) {
      const ending = child;
      child = null;
      if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return;
      const ended = new Promise((resolve) => ending.once("exit", resolve));
      // SIGINT stops in order and waits for no load balancer.
      ending.kill(how === "killed" ? "SIGKILL" : "SIGINT");
      await ended;
    },
    async start() {
      const starting = spawn(
        process.execPath,
        [
          "--disable-warning=ExperimentalWarning",
          "--conditions=@postern/source",
          ...(options.preload === undefined ? [] : ["--import", options.preload.file]),
          CLI,
          "serve",
        ],
        { env, stdio: ["ignore", "ignore", "pipe"] },
      );
      child = starting;
      let said = "";
      starting.stderr?.setEncoding("utf8").on("data", (text: string) => {
        said = `${said}${text}`.slice(-4_000);
      });
      const ask = asking();
      try {
        // Its gateway is the last to listen.
        for (const until = performance.now() + LONGEST_START_MS; performance.now() < until; await sleep(20)) {
          if (starting.exitCode !== null || starting.signalCode !== null) break;
          const answer = await ask(`${node.gateway}/.postern/healthz`).catch(() => null);
          if (answer?.status === 200) return;
        }
        throw new Error(`the node did not start: ${said.trim()}`);
      } finally {
        ask.close();
      }
    },
  };
  await node.start();
  return node;
}

async function freePorts(): Promise<readonly number[]> {
  const servers = Array.from({ length: 3 }, () => createServer());
  const ports = await Promise.all(
    servers.map(async (server) => {
      await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
      const address = server.address();
      return typeof address === "object" && address !== null ? address.port : 0;
    }),
  );
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}
