import type { Question, Service } from "@postern/service";
import { applicationToken, openShared, personWithOptOut } from "./node.ts";
import type { Row } from "./row.ts";

const HONOURS = 6_000;
const ASKING = 256;
const PEOPLE = 100;

/** Honours of two nodes in one process over one PostgreSQL, each answered only once its entry is durable. */
export async function sharedHonourRow(): Promise<Row> {
  const { nodes, close } = await openShared(2);
  const [one] = nodes;
  if (one === undefined) throw new Error("expected two nodes");
  const { caller } = await applicationToken(one.service, one.admin);
  const sessions: string[] = [];
  for (let person = 0; person < PEOPLE; person++)
    sessions.push((await personWithOptOut(one.service, one.admin, caller, `person-${person}`)).session);
  for (const { service } of nodes) await service.node.fresh();
  let asked = 0;
  let honoured = 0;
  const questionTo = (service: Service): Question => ({
    subject: null,
    action: { name: "get" },
    resource: { type: "app", id: `reports/${asked % 97}` },
    session: service.sessions.byId(sessions[asked % PEOPLE] ?? ""),
    askedBy: "bench",
  });
  /** The same decisions of one node with nothing recorded. */
  const considered = (): number => {
    const began = performance.now();
    for (let at = 0; at < HONOURS; at++) one.service.decisions.consider(questionTo(one.service));
    return (HONOURS / (performance.now() - began)) * 1_000;
  };
  return {
    name: "honoured decisions, PostgreSQL, two nodes in one process",
    target: "10,000/s or more, each in the ledger",
    async round() {
      const limit = considered();
      const until = asked + HONOURS;
      const began = performance.now();
      await Promise.all(
        nodes.flatMap(({ service }) =>
          Array.from({ length: ASKING }, async () => {
            while (asked < until) {
              asked += 1;
              const { decision, entry } = await service.decisions.decide(questionTo(service));
              if (decision.outcome === "honour" && entry !== null) honoured += 1;
            }
          }),
        ),
      );
      const rate = (HONOURS / (performance.now() - began)) * 1_000;
      return { "honours/s": rate, "decided without a record/s": limit, ratio: rate / limit, asked, honoured };
    },
    met: (medians) => (medians["honours/s"] ?? 0) >= 10_000 && medians.asked === medians.honoured,
    close,
  };
}
