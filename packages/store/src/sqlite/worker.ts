import { parentPort, workerData } from "node:worker_threads";
import type { CrashPoint } from "@postern/service";
import { FatalFault, ledger } from "./append.ts";
import { artifacts } from "./artifacts.ts";
import { type Databases, openDatabases, transaction } from "./databases.ts";
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

/** Calls that share a commit, and whether they write. */
const SHARING: { readonly [K in CallName]?: "reads" | "writes" } = {
  putArtifact: "writes",
  consumeArtifact: "writes",
  destroyArtifact: "writes",
  revokeGrant: "writes",
  artifact: "reads",
  artifactsByUid: "reads",
};
/** So that an append never waits long behind them. */
const MOST_SHARING = 64;

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

function serve(answers: Handlers, { data }: Databases): void {
  const lanes: readonly [Request[], Request[], Request[]] = [[], [], []];
  let scheduled = false;
  let broken: string | null = null;

  const answer = <K extends CallName>(call: K, question: Calls[K]["question"]): Calls[K]["answer"] => {
    if (broken !== null && call !== "close") {
      throw new WorkerFault("unavailable", `the database must be opened again: ${broken}`);
    }
    return answers[call](question);
  };
  /** An error that ended the transaction around it is everybody's, and is thrown. */
  const replyTo = ({ number, call, question }: Request, within: boolean): Reply => {
    try {
      return { kind: "answer", number, answer: answer(call, question) };
    } catch (error) {
      if (within && !data.isTransaction) throw error;
      if (error instanceof FatalFault) broken = error.message;
      return { kind: "fault", number, fault: faultOf(error) };
    }
  };
  /** One commit for all of them: each is answered once all are durable, and as if it had come alone. */
  const repliesTo = (requests: readonly Request[]): readonly Reply[] => {
    if (requests.length === 1 || requests.every(({ call }) => SHARING[call] === "reads"))
      return requests.map((request) => replyTo(request, false));
    let replies: readonly Reply[] = [];
    try {
      transaction(data, () => {
        replies = requests.map((request) => replyTo(request, true));
      });
      return replies;
    } catch (error) {
      const fault = faultOf(error);
      return requests.map(({ number }) => ({ kind: "fault", number, fault }));
    }
  };
  const taken = (): readonly Request[] => {
    const lane = lanes.find((one) => one.length > 0);
    const first = lane?.shift();
    if (lane === undefined || first === undefined) return [];
    if (SHARING[first.call] === undefined) return [first];
    const next = lane.findIndex(({ call }) => SHARING[call] === undefined);
    return [first, ...lane.splice(0, Math.min(next < 0 ? lane.length : next, MOST_SHARING - 1))];
  };
  const run = (): void => {
    const requests = taken();
    scheduled = lanes.some((lane) => lane.length > 0);
    // One call, or one commit, for each turn of the loop: a newly arrived append is seen before the next queued read.
    if (scheduled) setImmediate(run);
    for (const reply of repliesTo(requests)) send(reply);
    if (requests[0]?.call === "close") port.close();
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
    serve(handlers(databases, options.crash), databases);
    send({ kind: "ready" });
  } catch (error) {
    databases.close();
    throw error;
  }
} catch (error) {
  send({ kind: "failed", fault: faultOf(error) });
}
