import type { Question, SimulationReport } from "@postern/service";
import { applicationToken, BENCH_POLICY, type BenchNode, must, openNode, personWithOptOut } from "./node.ts";
import type { Row } from "./row.ts";

const DECISIONS = 100_000;
const PEOPLE = 200;
const BATCH = 2_000;
/** Questions asked each millisecond while latency is measured: 5,000 a second. */
const EACH_TICK = 5;

/** A hundred thousand decisions made by a node, then decided again under a candidate, while others ask. */
export async function simulateRow(): Promise<Row> {
  const node = await openNode();
  const { caller } = await applicationToken(node.service, node.admin);
  const sessions: string[] = [];
  for (let person = 0; person < PEOPLE; person++)
    sessions.push((await personWithOptOut(node.service, node.admin, caller, `person-${person}`)).session);
  const question = (at: number): Question => ({
    subject: null,
    action: { name: at % 3 === 0 ? "post" : "get" },
    // Posts to reports are challenged, notes are permitted: neither waits for the disk.
    resource: { type: "app", id: at % 3 === 0 ? `reports/${at % 97}` : `notes/${at % 97}` },
    session: node.service.sessions.byId(sessions[at % PEOPLE] ?? ""),
    askedBy: "bench",
  });
  for (let made = 0; made < DECISIONS; made += BATCH) {
    for (let one = 0; one < BATCH; one++) await node.service.decisions.decide(question(made + one));
    // The log is written behind: it is given time, so that nothing of it is given up.
    must(await node.service.decisions.list({ limit: 1 }));
  }
  const candidate = {
    files: [
      {
        path: "bench.yaml",
        text: BENCH_POLICY.replace("stepUp: { assurance: aal2 }", "").replace(", }", " }"),
      },
    ],
  };
  return {
    name: `a simulation of ${DECISIONS.toLocaleString("en")} recorded decisions, in process, embedded`,
    target: "under 10 s; p99 of those who ask meanwhile is printed beside the p99 alone",
    rounds: 3,
    async round() {
      const bare = considered(node, question);
      const quiet = await latencies(
        node,
        question,
        () => new Promise((resolve) => setTimeout(resolve, 2_000)),
      );
      let told = 0;
      let first = 0;
      let report: SimulationReport | null = null;
      const began = performance.now();
      let seconds = 0;
      const busy = await latencies(node, question, async () => {
        const since = new Date(Date.now() - 3_600_000).toISOString();
        const events = must(
          await node.service.simulations.run(node.admin, {
            candidate,
            facts: "recorded",
            since,
            limit: DECISIONS,
            mayTell: () => true,
            gone: () => false,
          }),
        );
        for await (const event of events) {
          if (event.event === "found" && first === 0) first = performance.now() - began;
          if (event.event === "progress") told += 1;
          if (event.event === "report") report = event.report;
        }
        seconds = (performance.now() - began) / 1000;
      });
      const done = report as SimulationReport | null;
      return {
        seconds,
        "first result ms": first,
        "progress events": told,
        decisions: done?.decisions ?? 0,
        "newly unprotected": done?.unprotected.decisions ?? 0,
        "not decided again": done?.notReplayed.reduce((all, { count }) => all + count, 0) ?? 0,
        "decided again/s": (done?.decisions ?? 0) / seconds,
        "bare decide of the same/s": bare,
        ratio: (done?.decisions ?? 0) / seconds / bare,
        "decide p99 ms beside it": busy,
        "decide p99 ms alone": quiet,
      };
    },
    met: (medians) => (medians.seconds ?? 99) < 10 && (medians.decisions ?? 0) >= DECISIONS,
    close: () => node.close(),
  };
}

/** Decisions a second of the same questions with nothing recorded. */
function considered(node: BenchNode, question: (at: number) => Question): number {
  const began = performance.now();
  for (let at = 0; at < 20_000; at++) node.service.decisions.consider(question(at));
  return (20_000 / (performance.now() - began)) * 1000;
}

/** The 99th percentile, in milliseconds, of questions asked at fixed times while `work` runs: waiting counts. */
async function latencies(
  node: BenchNode,
  question: (at: number) => Question,
  work: () => Promise<void>,
): Promise<number> {
  const times: number[] = [];
  const began = performance.now();
  let asked = 0;
  const tick = setInterval(() => {
    const due = Math.floor(performance.now() - began) * EACH_TICK;
    for (; asked < due; asked++) {
      const wanted = began + asked / EACH_TICK;
      node.service.decisions.consider(question(asked));
      times.push(performance.now() - wanted);
    }
  }, 1);
  await work();
  clearInterval(tick);
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length * 0.99)] ?? Number.NaN;
}
