import type { Caller, OptOutService } from "@postern/service";
import { applicationToken, openShared, personWithOptOut } from "./node.ts";
import { rawNotify } from "./raw-notify.ts";
import { median, type Row } from "./row.ts";

const REVOCATIONS = 20;
const NOTIFICATIONS = 200;

/** From the commit of a revocation until the last of three nodes has it, beside what a raw NOTIFY takes to a raw LISTEN. */
export async function revocationRow(): Promise<Row> {
  const { nodes, database, close } = await openShared(3);
  const [one] = nodes;
  if (one === undefined) throw new Error("expected three nodes");
  const { service, admin } = one;
  const { caller } = await applicationToken(service, admin);
  let person = 0;
  return {
    name: "revocation from `recorded` to the last of three nodes, PostgreSQL",
    target: "within 50 ms of the commit, told as in effect",
    async round() {
      const times: number[] = [];
      const told: number[] = [];
      for (let time = 0; time < REVOCATIONS; time++) {
        person += 1;
        const id = `person-${person}`;
        await personWithOptOut(service, admin, caller, id);
        const optOut = await newest(service.optOuts, admin, id);
        for (const node of nodes) await node.service.node.fresh();
        let recorded = 0;
        const stop = service.node.onChange(() => {
          recorded ||= performance.now();
        });
        const seen = Promise.all(
          nodes.map(
            (node) =>
              new Promise<number>((resolve) => {
                const end = node.service.node.onChange(() => {
                  end();
                  resolve(performance.now());
                });
              }),
          ),
        );
        const answer = await service.optOuts.revoke(admin, optOut, {});
        if (!answer.ok || answer.value.inEffect === null) throw new Error("expected it to be in effect");
        told.push(performance.now() - recorded);
        times.push(Math.max(...(await seen)) - recorded);
        stop();
      }
      const [last, raw] = [median(times), median(await rawNotify(database.url, NOTIFICATIONS))];
      return {
        "last node, ms": last,
        "told as in effect, ms": median(told),
        "raw NOTIFY to a raw LISTEN, ms": raw,
        ratio: last / raw,
      };
    },
    met: (medians) => (medians["told as in effect, ms"] ?? Number.POSITIVE_INFINITY) <= 50,
    close,
  };
}

async function newest(optOuts: OptOutService, admin: Caller, id: string): Promise<string> {
  const found = await optOuts.list(admin, { subject: { type: "user", id }, limit: 1 });
  const [first] = found.ok ? found.value.items : [];
  if (first === undefined) throw new Error("expected an opt-out");
  return first.id;
}
