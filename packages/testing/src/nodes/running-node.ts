import { type ChildProcess, spawn } from "node:child_process";
import { Agent, request } from "node:http";
import { fileURLToPath } from "node:url";
import type { Enter, Entered, FromNode, NodeOrders } from "./node-process.ts";
import { type TcpProxy, tcpProxy } from "./tcp-proxy.ts";

const LONGEST_START_MS = 60_000;

export interface HttpAnswer {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

/** One node: a process of its own, its way to the database, and what a client of it can do. */
export interface RunningNode {
  readonly name: string;
  readonly proxy: TcpProxy;
  /** Rejects where the node does not answer at all. */
  call(method: string, path: string, body?: unknown): Promise<HttpAnswer>;
  enter(asked: Omit<Enter, "call">): Promise<Entered>;
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  /** Asks it to stop in order; answers how it ended. */
  leave(): Promise<string>;
  kill(): void;
}

export async function startNode(
  name: string,
  databasePort: number,
  orders: Omit<NodeOrders, "databaseUrl"> & { readonly databaseUrl: URL },
  secret: () => string,
): Promise<RunningNode> {
  const proxy = await tcpProxy(databasePort);
  const url = new URL(orders.databaseUrl);
  url.port = String(proxy.port);
  const file = fileURLToPath(new URL("node-process.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@postern/source", file], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  child.setMaxListeners(0);
  const waiting = new Map<number, (answer: Extract<FromNode, { readonly kind: "entered" }>) => void>();
  const ready = new Promise<string>((resolve, reject) => {
    const impatience = setTimeout(() => reject(new Error(`${name} did not start`)), LONGEST_START_MS);
    child.once("exit", (code, by) => reject(new Error(`${name} ended by itself (${by ?? code})`)));
    child.on("message", (told: FromNode) => {
      if (told.kind === "entered") return waiting.get(told.call)?.(told);
      clearTimeout(impatience);
      resolve(told.url);
    });
  });
  child.send({ ...orders, databaseUrl: url.href } satisfies NodeOrders);
  const at = new URL(await ready);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  let calls = 0;
  return {
    name,
    proxy,
    call: (method, path, body) => ask(agent, at, secret(), method, path, body),
    async enter(asked) {
      calls += 1;
      const call = calls;
      const answer = await new Promise<Extract<FromNode, { readonly kind: "entered" }>>((resolve, reject) => {
        waiting.set(call, resolve);
        child.once("exit", () => reject(new Error(`${name} has ended`)));
        child.send({ ...asked, call } satisfies Enter, (failed) => {
          if (failed !== null) reject(failed);
        });
      });
      waiting.delete(call);
      if (answer.done === null) throw new Error(answer.why);
      return answer.done;
    },
    signal: (what) => void child.kill(what),
    async leave() {
      const ended = exitOf(child);
      child.kill("SIGTERM");
      const how = await ended;
      agent.destroy();
      await proxy.close();
      return how;
    },
    kill: () => void child.kill("SIGKILL"),
  };
}

function exitOf(child: ChildProcess): Promise<string> {
  const how = (code: number | null, by: string | null): string => by ?? String(code);
  if (child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve(how(child.exitCode, child.signalCode));
  return new Promise((resolve) => {
    child.once("exit", (code, by) => resolve(how(code, by)));
  });
}

function ask(
  agent: Agent,
  at: URL,
  secret: string,
  method: string,
  path: string,
  body: unknown,
): Promise<HttpAnswer> {
  const text = body === undefined ? "" : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        agent,
        method,
        path,
        hostname: at.hostname,
        port: at.port,
        headers: {
          ...(secret === "" ? {} : { authorization: `Bearer ${secret}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          "content-length": Buffer.byteLength(text),
        },
      },
      (answer) => {
        let said = "";
        answer
          .setEncoding("utf8")
          .on("data", (part: string) => {
            said += part;
          })
          .on("end", () => {
            try {
              const json = said === "" ? {} : (JSON.parse(said) as HttpAnswer["json"]);
              resolve({ status: answer.statusCode ?? 0, json });
            } catch (cause) {
              reject(cause);
            }
          })
          .on("error", reject);
      },
    );
    sent.on("error", reject);
    sent.end(text);
  });
}
