import { setImmediate } from "node:timers/promises";
import type { Caller, Service } from "@postern/service";
import { applicationToken, BENCH_POLICY, must, openNode, openShared, personWithOptOut } from "./node.ts";
import { rawNotify } from "./raw-notify.ts";
import { median, type Row } from "./row.ts";

const SIGNALS = 20;
/** Decisions under way at each node at any moment. */
const ASKING = 16;
const NOTIFICATIONS = 200;
/** What is published (docs/signals.md): on other nodes within the lease. */
const LEASE_MS = 5_000;
/** So long after the signal is in force at a node the decisions there go on. */
const AFTERWARDS_MS = 40;
const LONGEST_MS = 30_000;

const SIGNAL_POLICY = `${BENCH_POLICY}
---
kind: SignalRule
name: high-risk
owner: bench
mode: enforce
signals: [risk-level-change]
level: high
suspend: { controls: [step-up] }
resume: { person: true }
`;

interface Node {
  readonly service: Service;
  readonly admin: Caller;
}

/** What was decided at one node around one signal; times are of `performance.now()`. */
interface Watched {
  readonly honouredBefore: number;
  /** Begun after the signal was acknowledged, and honoured none the less. */
  readonly honouredAfter: number;
  readonly refusedAfter: number;
  /** When the last decision began that was honoured. */
  readonly last: number;
}

/** From the answer to a signal until no node honours what it suspends, each under decisions all the while. */
export async function signalRows(): Promise<readonly Row[]> {
  const alone = await openNode(SIGNAL_POLICY);
  const shared = await openShared(3, SIGNAL_POLICY);
  return [
    await signalRow([alone], {
      name: "risk, a signal from acknowledged to enforced, on the same node",
      target: "no decision that begins after the acknowledgement is honoured",
      peer: null,
      met: (medians) => medians["honoured after"] === 0,
      close: () => alone.close(),
    }),
    await signalRow(shared.nodes, {
      name: "risk, a signal from acknowledged to enforced, on the last of three nodes, PostgreSQL",
      target: `within the published bound of ${LEASE_MS} ms, and none at the node that answered`,
      peer: shared.database.url,
      met: (medians) =>
        medians["honoured after"] === 0 && (medians["slowest, ms"] ?? Number.POSITIVE_INFINITY) <= LEASE_MS,
      close: () => shared.close(),
    }),
  ];
}

async function signalRow(
  nodes: readonly Node[],
  row: Pick<Row, "name" | "target" | "met"> & {
    readonly close: () => Promise<void>;
    /** A PostgreSQL whose bare wake-up stands beside it. */
    readonly peer: string | null;
  },
): Promise<Row> {
  const [first] = nodes;
  if (first === undefined) throw new Error("expected a node");
  const { caller } = await applicationToken(first.service, first.admin);
  const scanner = await scannerOf(first);
  let person = 0;
  return {
    ...row,
    worst: ["honoured after", "slowest, ms"],
    async round() {
      const late: number[] = [];
      const lasted: number[] = [];
      const acknowledged: number[] = [];
      const total = { before: 0, after: 0, refused: 0 };
      for (let time = 0; time < SIGNALS; time++) {
        person += 1;
        const id = `person-${person}`;
        const { session } = await personWithOptOut(first.service, first.admin, caller, id);
        for (const { service } of nodes) await service.node.fresh();
        let ended = Number.POSITIVE_INFINITY;
        const watched = nodes.map(({ service }) => watch(service, session, () => ended));
        for (const { honoured } of watched) await honoured;
        const sent = performance.now();
        const receipt = must(await first.service.signals.send(scanner, eventOf(id)));
        ended = performance.now();
        if (receipt.outcome !== "in-force" || receipt.suspended !== 1)
          throw new Error(`the signal suspended nothing: ${receipt.outcome}`);
        acknowledged.push(ended - sent);
        const seen = await Promise.all(watched.map(({ over }) => over));
        const [here] = seen;
        if (here === undefined || seen.some((one) => one.refusedAfter === 0))
          throw new Error("expected each node to refuse afterwards");
        total.before += seen.reduce((sum, one) => sum + one.honouredBefore, 0);
        total.after += here.honouredAfter;
        total.refused += seen.reduce((sum, one) => sum + one.refusedAfter, 0);
        const last = Math.max(...seen.map((one) => one.last));
        late.push(Math.max(0, last - ended));
        lasted.push(Math.max(0, last - sent));
      }
      const peer = row.peer === null ? null : median(await rawNotify(row.peer, NOTIFICATIONS));
      return {
        "honoured before": total.before,
        "honoured after": total.after,
        "refused after": total.refused,
        "sent to acknowledged, ms": median(acknowledged),
        "sent to the last honoured, ms": median(lasted),
        ...(peer === null
          ? {}
          : {
              "acknowledged to the last honoured, ms": median(late),
              "slowest, ms": Math.max(...late),
              "raw NOTIFY to a raw LISTEN, ms": peer,
              ratio: median(lasted) / peer,
            }),
      };
    },
  };
}

interface Watch {
  /** Once a decision was honoured; fails where none is. */
  readonly honoured: Promise<void>;
  readonly over: Promise<Watched>;
}

/** Asks one node without pause until it has refused for a while after the acknowledgement. */
function watch(service: Service, session: string, acknowledgedAt: () => number): Watch {
  const started = performance.now();
  const first = Promise.withResolvers<void>();
  const seen = { before: 0, after: 0, refused: 0, last: Number.NEGATIVE_INFINITY };
  const asker = async (): Promise<void> => {
    for (;;) {
      const began = performance.now();
      if (seen.refused > 0 && began > Math.max(acknowledgedAt(), seen.last) + AFTERWARDS_MS) return;
      if (began > started + LONGEST_MS) throw new Error("a node still honours, or never did");
      const { decision } = await service.decisions.decide({
        subject: null,
        action: { name: "get" },
        resource: { type: "app", id: "reports/1" },
        session: service.sessions.byId(session),
        askedBy: "bench",
      });
      const after = began > acknowledgedAt();
      if (decision.outcome === "honour") {
        seen.last = Math.max(seen.last, began);
        if (after) seen.after += 1;
        else seen.before += 1;
        first.resolve();
      } else if (after) seen.refused += 1;
      // What is decided without a record would never let the others run.
      await setImmediate();
    }
  };
  const over = Promise.all(Array.from({ length: ASKING }, asker)).then(() => ({
    honouredBefore: seen.before,
    honouredAfter: seen.after,
    refusedAfter: seen.refused,
    last: seen.last,
  }));
  over.catch(first.reject);
  return { honoured: first.promise, over };
}

async function scannerOf({ service, admin }: Node): Promise<Caller> {
  const { secret } = must(
    await service.tokens.issue(admin, {
      label: "bench scanner",
      scopes: ["signals.write"],
      resources: ["signal:scanner"],
      subjectTypes: ["user"],
      expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
    }),
  );
  const token = service.tokens.bySecret(secret);
  if (token === null) throw new Error("the scanner's token is unknown");
  return { kind: "token", token };
}

function eventOf(id: string): Parameters<Service["signals"]["send"]>[1] {
  return {
    id: `signal-${id}`,
    source: "scanner",
    type: "risk-level-change",
    subject: `user:${id}`,
    time: new Date().toISOString(),
    data: { current_level: "HIGH", principal: "USER", risk_reason: "bench" },
  };
}
