import { Worker } from "node:worker_threads";
import { StoreError } from "@postern/service";
import type { CallName, Calls, Fault, Reply, Request, WorkerOptions } from "./protocol.ts";

/** Calls that may wait in the worker at once. Beyond, a call is refused at once instead of growing the heap. */
const QUEUE_LIMIT = 1_024;

/** Of these, calls of the decision log: they never crowd out an append. */
const LOG_LIMIT = 256;

interface Pending {
  readonly call: CallName;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: StoreError) => void;
}

/** Questions to the worker and their answers. When the worker dies, every call that waits fails as unknown. */
export interface Channel {
  ask<K extends CallName>(call: K, question: Calls[K]["question"]): Promise<Calls[K]["answer"]>;
  close(): Promise<void>;
}

export async function openChannel(options: WorkerOptions, file: URL = workerFile()): Promise<Channel> {
  const worker = new Worker(file, { workerData: options, name: "postern-sqlite" });
  const pending = new Map<number, Pending>();
  let number = 0;
  let logged = 0;
  let closed: string | null = null;

  const settle = (of: number): Pending | null => {
    const found = pending.get(of) ?? null;
    if (!found) return null;
    pending.delete(of);
    if (found.call === "logDecisions") logged -= 1;
    return found;
  };
  const fail = (reason: string): void => {
    closed ??= reason;
    for (const of of [...pending.keys()])
      settle(of)?.reject(new StoreError("unavailable", closed, "unknown"));
  };

  const ready = new Promise<void>((resolve, reject) => {
    worker.on("message", (reply: Reply) => {
      switch (reply.kind) {
        case "ready":
          return resolve();
        case "failed":
          return reject(toError(reply.fault));
        case "answer":
          return settle(reply.number)?.resolve(reply.answer);
        case "fault":
          return settle(reply.number)?.reject(toError(reply.fault));
      }
    });
    worker.on("error", (error) => {
      fail(`the database thread failed: ${error instanceof Error ? error.message : String(error)}`);
      reject(new StoreError("unavailable", closed ?? "the database thread failed", "no"));
    });
    worker.on("exit", () => {
      fail("the database thread has ended");
      reject(new StoreError("unavailable", "the database thread has ended", "no"));
    });
  });
  await ready;

  const ask = <K extends CallName>(call: K, question: Calls[K]["question"]): Promise<Calls[K]["answer"]> =>
    new Promise((resolve, reject) => {
      if (closed !== null) return reject(new StoreError("unavailable", closed, "no"));
      if (pending.size >= QUEUE_LIMIT || (call === "logDecisions" && logged >= LOG_LIMIT))
        return reject(new StoreError("unavailable", "too many calls wait for the database", "no"));
      number += 1;
      if (call === "logDecisions") logged += 1;
      pending.set(number, { call, resolve: resolve as (answer: unknown) => void, reject });
      worker.postMessage({ number, call, question } as Request);
    });

  return {
    ask,
    async close() {
      if (closed !== null) return;
      const done = ask("close", null);
      closed = "the store is closed";
      await done;
      await worker.terminate();
    },
  };
}

/** Beside this file under the same extension, whether this is source or built. */
function workerFile(): URL {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`worker.${extension}`, import.meta.url);
}

function toError({ code, message, persisted }: Fault): StoreError {
  return new StoreError(code, message, persisted);
}
