import { join } from "node:path";
import { keptHeadFile, realWorld } from "@postern/server";
import type { Caller } from "@postern/service";
import { createService } from "@postern/service";
import { openSqliteStore } from "@postern/store";
import { applicationToken, must, openNode } from "./node.ts";
import type { Row } from "./row.ts";

const OPT_OUTS = 100_000;
const PEOPLE = 2_500;

/** Starts a node on a directory with 100,000 opt-outs: every row checked, every digest recomputed. */
export async function startRow(): Promise<Row> {
  const node = await openNode();
  const { caller } = await applicationToken(node.service, node.admin);
  const people: Caller[] = [];
  for (let person = 0; person < PEOPLE; person++) {
    const id = `person-${person}`;
    must(
      await node.service.entities.put(node.admin, { type: "user", id }, { attributes: { roles: ["staff"] } }),
    );
    const { session } = must(
      await node.service.sessions.register(caller, {
        subject: { type: "user", id },
        acr: "aal2",
        authTime: new Date().toISOString(),
        expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
      }),
    );
    const found = node.service.sessions.byId(session.id);
    if (found !== null) people.push({ kind: "session", session: found });
  }
  const each = OPT_OUTS / PEOPLE;
  await Promise.all(
    people.map(async (person) => {
      for (let one = 0; one < each; one++)
        must(
          await node.service.optOuts.request(person, {
            offer: "known-person",
            scope: { actions: ["get"], resources: [`app:reports/${one}`] },
          }),
        );
    }),
  );
  await node.service.close();
  return {
    name: "start with 100,000 opt-outs, embedded",
    target: "under 2 s",
    async round() {
      const world = realWorld();
      const began = performance.now();
      const service = await createService({
        world,
        store: await openSqliteStore({ directory: node.directory, world }),
        masterKey: new Uint8Array(32).fill(9),
        origin: "postern.bench/ledger",
        keptHead: keptHeadFile(join(node.directory, "head.note")),
      });
      const seconds = (performance.now() - began) / 1000;
      const doubt = service.node.doubt();
      if (doubt !== null) throw new Error(`the node is in doubt: ${doubt.detail}`);
      await service.close();
      return { seconds };
    },
    met: (medians) => (medians.seconds ?? 99) < 2,
  };
}
