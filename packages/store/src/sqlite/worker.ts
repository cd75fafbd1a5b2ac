import { parentPort, workerData } from "node:worker_threads";
import type { CrashPoint } from "@postern/service";
import { FatalFault, ledger } from "./append.ts";
import { artifacts } from "./artifacts.ts";
import { type Databases, openDatabases } from "./databases.ts";
import { faultOf, WorkerFault } from "./fault.ts";
import { keyring } from "./keyring.ts";
import { applied, NEWEST } from "./migration/run.ts";
import type { CallName, Calls, CrashPlan, Reply, Request, WorkerOptions } from "./protocol.ts";
import { reads } from "./reads.ts";
import { tail } from "./tail.ts";
import { workingState } from "./working-state.ts";

/** All SQL of the embedded store runs here, so that no fsync ever stands in the way of a decision. */
if (parentPort === null) throw new Error("expected to run in a worker thread");
const port = parentPort;
const options = workerData as WorkerOptions;
const send = (reply: Reply): void => port.postMessage(reply);

type Handlers = { readonly [K in CallName]: (question: Calls[K]["question"]) => Calls[K]["answer"] };

/** Appends go first; the decision log takes what is left. Within a lane, first come, first served. */
const LANE: { readonly [K in CallName]?: 0 | 2 } = {
  confirm: 0,
  append: 0,
  committed: 0,
  tail: 0,
  logDecisions: 2,
  prune: 2,
  close: 2,
};

function handlers(databases: Databases, crash: CrashPlan | null): Handlers {
  const keys = keyring(databases);
  keys.drainLost();
  const log = ledger(databases, keys, crash === null ? () => {} : killAt(crash));
  return {
    confirm: () => log.head(),
    append: (batch) => log.append(batch),
    committed: (batch) => log.committed(batch),
    tail: tail(databases),
    ...reads(databases),
    ...workingState(databases),
    ...artifacts(databases),
    keys: (question) => keys.page(question),
    rewrap: (question) => keys.rewrap(question),
    status: () => ({
      kind: "sqlite",
      version: String(databases.data.prepare("SELECT sqlite_version() AS version").get()?.version),
      migrations: applied(databases.data),
      newest: NEWEST,
      warnings: [],
    }),
    close() {
      databases.close();
      return null;
    },
  };
}

function killAt({ point, occurrence }: CrashPlan): (reached: CrashPoint) => void {
  let left = occurrence;
  return (reached) => {
    if (reached !== point) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, "SIGKILL");
  };
}

function serve(answers: Handlers): void {
  const lanes: readonly [Request[], Request[], Request[]] = [[], [], []];
  let scheduled = false;
  let broken: string | null = null;

  const answer = <K extends CallName>(call: K, question: Calls[K]["question"]): Calls[K]["answer"] => {
    if (broken !== null && call !== "close") {
      throw new WorkerFault("unavailable", `the database must be opened again: ${broken}`);
    }
    return answers[call](question);
  };
  const run = (): void => {
    const request = lanes.find((lane) => lane.length > 0)?.shift();
    scheduled = lanes.some((lane) => lane.length > 0);
    // One call for each turn of the loop: a newly arrived append is seen before the next queued read.
    if (scheduled) setImmediate(run);
    if (!request) return;
    const { number } = request;
    try {
      send({ kind: "answer", number, answer: answer(request.call, request.question) });
    } catch (error) {
      if (error instanceof FatalFault) broken = error.message;
      send({ kind: "fault", number, fault: faultOf(error) });
    }
    if (request.call === "close") port.close();
  };
  port.on("message", (request: Request) => {
    lanes[LANE[request.call] ?? 1].push(request);
    if (scheduled) return;
    scheduled = true;
    setImmediate(run);
  });
}

try {
  const databases = openDatabases(options);
  try {
    serve(handlers(databases, options.crash));
    send({ kind: "ready" });
  } catch (error) {
    databases.close();
    throw error;
  }
} catch (error) {
  send({ kind: "failed", fault: faultOf(error) });
}
