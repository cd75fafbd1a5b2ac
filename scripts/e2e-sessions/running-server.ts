import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Ports } from "@postern/example-shop";

export interface Begun {
  readonly folder: string;
  readonly ports: Ports;
}

/** What the server's process is told. */
export type Asked =
  | ({ readonly kind: "begin" } & Begun)
  | { readonly kind: "pass"; readonly milliseconds: number }
  | { readonly kind: "stop" };

/** What it says. */
export type Said =
  | {
      readonly kind: "begun";
      readonly now: number;
      readonly control: string;
      readonly people: string;
      readonly gateway: string;
      readonly token: string;
    }
  | { readonly kind: "passed"; readonly now: number }
  | { readonly kind: "failed"; readonly why: string };

export interface RunningServer {
  readonly control: string;
  readonly people: string;
  readonly gateway: string;
  /** Of the administrator. */
  readonly token: string;
  /** Its clock, in milliseconds. */
  now(): number;
  pass(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startServer(begun: Begun): Promise<RunningServer> {
  const child = fork(join(import.meta.dirname, "server.ts"), {
    execArgv: ["--disable-warning=ExperimentalWarning", "--conditions=@postern/source"],
  });
  const first = await told(child, { kind: "begin", ...begun });
  if (first.kind !== "begun") throw new Error(`expected the server to begin, got \`${first.kind}\``);
  let { now } = first;
  return {
    control: first.control,
    people: first.people,
    gateway: first.gateway,
    token: first.token,
    now: () => now,
    async pass(milliseconds) {
      const said = await told(child, { kind: "pass", milliseconds });
      if (said.kind === "passed") now = said.now;
    },
    async stop() {
      if (child.exitCode !== null) return;
      const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.send({ kind: "stop" } satisfies Asked);
      await gone;
    },
  };
}

function told(child: ChildProcess, asked: Asked): Promise<Said> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error("the server's process has ended"));
    child.once("exit", ended);
    child.once("message", (said: Said) => {
      child.off("exit", ended);
      if (said.kind === "failed") reject(new Error(said.why));
      else resolve(said);
    });
    child.send(asked);
  });
}
