import type { Caller, OptOutService } from "@postern/service";
import { applicationToken, openShared, personWithOptOut } from "./node.ts";
import { median, type Row } from "./row.ts";

const REVOCATIONS = 20;

/** From the commit of a revocation until the last of three nodes has it, beside a bare NOTIFY of the same database. */
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
      return {
        "last node, ms": median(times),
        "told as in effect, ms": median(told),
        "a bare commit with NOTIFY, ms": await notified(),
      };
    },
    met: (medians) => (medians["told as in effect, ms"] ?? Number.POSITIVE_INFINITY) <= 50,
    close,
  };

  /** One server-side loop of commits with a NOTIFY each: what telling costs the database by itself. */
  async function notified(): Promise<number> {
    const count = 500;
    const began = performance.now();
    await database.psql(
      `DO $$ BEGIN FOR i IN 1..${count} LOOP PERFORM pg_notify('bench', i::text); COMMIT; END LOOP; END $$`,
    );
    return (performance.now() - began) / count;
  }
}

async function newest(optOuts: OptOutService, admin: Caller, id: string): Promise<string> {
  const found = await optOuts.list(admin, { subject: { type: "user", id }, limit: 1 });
  const [first] = found.ok ? found.value.items : [];
  if (first === undefined) throw new Error("expected an opt-out");
  return first.id;
}
