import type { Question } from "@postern/service";
import { applicationToken, openNode, personWithOptOut } from "./node.ts";
import type { Row } from "./row.ts";

const IN_FLIGHT = 128;
const EACH = 20_000;
const PEOPLE = 200;

/** Honours in process, each answered only once its entry is durable, with 128 in flight. */
export async function honourRow(): Promise<Row> {
  const node = await openNode();
  const { caller } = await applicationToken(node.service, node.admin);
  const sessions: string[] = [];
  for (let person = 0; person < PEOPLE; person++)
    sessions.push((await personWithOptOut(node.service, node.admin, caller, `person-${person}`)).session);
  let asked = 0;
  let honoured = 0;
  const question = (): Question => ({
    subject: null,
    action: { name: "get" },
    resource: { type: "app", id: `reports/${asked % 97}` },
    session: node.service.sessions.byId(sessions[asked % PEOPLE] ?? ""),
    askedBy: "bench",
  });
  /** The same decisions with nothing recorded. */
  const considered = (): number => {
    const began = performance.now();
    for (let one = 0; one < EACH; one++) node.service.decisions.consider(question());
    return (EACH / (performance.now() - began)) * 1000;
  };
  const ask = async (): Promise<void> => {
    const { decision, entry } = await node.service.decisions.decide(question());
    if (decision.outcome === "honour" && entry !== null) honoured += 1;
  };
  const run = async (count: number): Promise<number> => {
    const began = performance.now();
    const until = asked + count;
    const worker = async (): Promise<void> => {
      while (asked < until) {
        asked += 1;
        await ask();
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    return (count / (performance.now() - began)) * 1000;
  };
  await run(2_000);
  return {
    name: "honoured decisions, in process, 128 in flight, embedded",
    target: "40,000/s or more, each in the ledger",
    async round() {
      const limit = considered();
      const rate = await run(EACH);
      return {
        "honours/s": rate,
        "decided without a record/s": limit,
        ratio: rate / limit,
        asked,
        honoured,
        "ledger entries": node.service.ledger.size(),
      };
    },
    met: (medians) => (medians["honours/s"] ?? 0) >= 40_000 && medians.asked === medians.honoured,
    close: () => node.close(),
  };
}
