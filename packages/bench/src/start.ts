import { rm } from "node:fs/promises";
import { join } from "node:path";
import { keptHeadFile, realWorld } from "@postern/server";
import type { Caller } from "@postern/service";
import { createService } from "@postern/service";
import { openSqliteStore } from "@postern/store";
import { applicationToken, must, openNode } from "./node.ts";
import type { Row } from "./row.ts";

const OPT_OUTS = 100_000;
const PEOPLE = 2_500;
const AT_ONCE = 512;

/** Starts a node on a directory with 100,000 opt-outs and as many sessions: every row checked, every digest recomputed. */
export async function startRow(sessions: number): Promise<Row> {
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
  let registered = PEOPLE;
  const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
  const authTime = new Date().toISOString();
  const register = async (): Promise<void> => {
    while (registered < sessions) {
      registered += 1;
      const subject = { type: "user", id: `person-${registered % PEOPLE}` };
      must(await node.service.sessions.register(caller, { subject, acr: "aal1", authTime, expiresAt }));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, register));
  await node.stop();
  return {
    name: `start with ${OPT_OUTS.toLocaleString("en")} opt-outs and ${sessions.toLocaleString("en")} sessions, embedded`,
    target: "5 s or better",
    rounds: 3,
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
      const rows = OPT_OUTS + registered;
      const doubt = service.node.doubt();
      if (doubt !== null) throw new Error(`the node is in doubt: ${doubt.detail}`);
      await service.close();
      const read = await bareRead(node.directory);
      return {
        seconds,
        "µs a row": (seconds * 1e6) / rows,
        "bare read of the rows, s": read,
        ratio: seconds / read,
      };
    },
    met: (medians) => (medians.seconds ?? 99) <= 5,
    close: () => rm(node.directory, { recursive: true, force: true }),
  };
}

/** Seconds to read every row through the store, with nothing checked and nothing kept. */
async function bareRead(directory: string): Promise<number> {
  const store = await openSqliteStore({ directory, world: realWorld() });
  const began = performance.now();
  for (const projection of ["sessions", "opt_outs"] as const)
    for await (const rows of store.rows(projection)) if (rows.length === 0) break;
  const seconds = (performance.now() - began) / 1_000;
  await store.close();
  return seconds;
}
