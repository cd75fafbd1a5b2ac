import { spawn } from "node:child_process";
import { Agent, request } from "node:http";
import { fileURLToPath } from "node:url";
import type { Enter, Entered, FromNode, NodeOrders } from "../nodes/node-process.ts";

const LONGEST_START_MS = 60_000;

/** One embedded node in a process of its own, reached over loopback. */
export interface ServedNode {
  readonly url: string;
  /** Rejects where the node does not answer at all. */
  call(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly json: unknown }>;
  enter(asked: Omit<Enter, "call">): Promise<Entered>;
  /** Stops it for a while, and lets it go on. */
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export async function serveNode(
  orders: Omit<NodeOrders, "databaseUrl"> & { readonly databaseUrl?: string },
  secret: () => string,
  /** Loaded before everything else, with this environment. */
  preload?: { readonly file: URL; readonly env: Readonly<Record<string, string>> },
): Promise<ServedNode> {
  const file = fileURLToPath(new URL("../nodes/node-process.ts", import.meta.url));
  const child = spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      "--conditions=@postern/source",
      ...(preload === undefined ? [] : ["--import", preload.file.href]),
      file,
    ],
    { stdio: ["ignore", "inherit", "inherit", "ipc"], env: { ...process.env, ...preload?.env } },
  );
  const entered = new Map<number, (answer: Extract<FromNode, { readonly kind: "entered" }>) => void>();
  const ready = new Promise<string>((resolve, reject) => {
    const impatience = setTimeout(() => reject(new Error("the node did not start")), LONGEST_START_MS);
    child.once("exit", (code, by) => reject(new Error(`the node ended by itself (${by ?? code})`)));
    child.on("message", (told: FromNode) => {
      if (told.kind === "entered") return entered.get(told.call)?.(told);
      clearTimeout(impatience);
      resolve(told.url);
    });
  });
  child.send({ ...orders, databaseUrl: orders.databaseUrl ?? null } satisfies NodeOrders);
  const url = await ready;
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: 128 });
  let calls = 0;
  const end = async (by: NodeJS.Signals): Promise<void> => {
    agent.destroy();
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(by);
    await ended;
  };
  return {
    url,
    call(method, path, body) {
      const text = body === undefined ? "" : JSON.stringify(body);
      return new Promise((resolve, reject) => {
        const headers = {
          ...(secret() === "" ? {} : { authorization: `Bearer ${secret()}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          "content-length": Buffer.byteLength(text),
        };
        const sent = request({ agent, method, path, hostname, port, headers }, (answer) => {
          const parts: Buffer[] = [];
          answer
            .on("data", (part: Buffer) => parts.push(part))
            .on("end", () => {
              const said = Buffer.concat(parts).toString("utf8");
              try {
                resolve({ status: answer.statusCode ?? 0, json: said === "" ? {} : JSON.parse(said) });
              } catch (cause) {
                reject(cause);
              }
            })
            .on("error", reject);
        });
        sent.on("error", reject);
        sent.end(text);
      });
    },
    async enter(asked) {
      calls += 1;
      const call = calls;
      const answer = await new Promise<Extract<FromNode, { readonly kind: "entered" }>>((resolve) => {
        entered.set(call, resolve);
        child.send({ ...asked, call } satisfies Enter);
      });
      entered.delete(call);
      if (answer.done === null) throw new Error(answer.why);
      return answer.done;
    },
    signal: (name) => void child.kill(name),
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
  };
}
