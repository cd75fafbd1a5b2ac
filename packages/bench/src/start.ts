import { rm } from "node:fs/promises";
import { join } from "node:path";
import { keptHeadFile, realWorld } from "@postern/server";
import type { Caller } from "@postern/service";
import { createService } from "@postern/service";
import { openSqliteStore } from "@postern/store";
import { applicationToken, BENCH_POLICY, must, openNode } from "./node.ts";
import type { Row } from "./row.ts";

const OPT_OUTS = 100_000;
const PEOPLE = 2_500;
const AT_ONCE = 512;

/** A folder of a node that has stopped. */
export interface Filled {
  readonly directory: string;
  readonly optOuts: number;
  readonly sessions: number;
  remove(): Promise<void>;
}

export const START_MASTER: Uint8Array = new Uint8Array(32).fill(9);
export const START_ORIGIN = "postern.bench/ledger";

/** Enters people, their opt-outs and sessions through the use-cases, under the policy of the benchmarks and `more`. */
export async function fill(given: {
  readonly optOuts: number;
  readonly sessions: number;
  readonly more?: string;
}): Promise<Filled> {
  const node = await openNode();
  if (given.more !== undefined) {
    const files = [{ path: "bench.yaml", text: `${BENCH_POLICY}${given.more}` }];
    const published = must(await node.service.policy.publish(node.admin, files));
    must(await node.service.policy.activate(node.admin, published.id));
  }
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
  const each = given.optOuts / PEOPLE;
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
    while (registered < given.sessions) {
      registered += 1;
      const subject = { type: "user", id: `person-${registered % PEOPLE}` };
      must(await node.service.sessions.register(caller, { subject, acr: "aal1", authTime, expiresAt }));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, register));
  await node.stop();
  return {
    directory: node.directory,
    optOuts: given.optOuts,
    sessions: registered,
    remove: () => rm(node.directory, { recursive: true, force: true }),
  };
}

/** Starts a node on a directory with 100,000 opt-outs and as many sessions: every row checked, every digest recomputed. */
export async function startRow(sessions: number): Promise<Row> {
  const filled = await fill({ optOuts: OPT_OUTS, sessions });
  return {
    name: `start with ${OPT_OUTS.toLocaleString("en")} opt-outs and ${sessions.toLocaleString("en")} sessions, embedded`,
    target: "5 s or better",
    rounds: 3,
    async round() {
      const world = realWorld();
      const began = performance.now();
      const service = await createService({
        world,
        store: await openSqliteStore({ directory: filled.directory, world }),
        masterKey: START_MASTER,
        origin: START_ORIGIN,
        keptHead: keptHeadFile(join(filled.directory, "head.note")),
      });
      const seconds = (performance.now() - began) / 1000;
      const rows = filled.optOuts + filled.sessions;
      const doubt = service.node.doubt();
      if (doubt !== null) throw new Error(`the node is in doubt: ${doubt.detail}`);
      await service.close();
      const read = await bareRead(filled.directory);
      return {
        seconds,
        "µs a row": (seconds * 1e6) / rows,
        "bare read of the rows, s": read,
        ratio: seconds / read,
      };
    },
    met: (medians) => (medians.seconds ?? 99) <= 5,
    close: filled.remove,
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
