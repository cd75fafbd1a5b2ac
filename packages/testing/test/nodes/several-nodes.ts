import { setTimeout as sleep } from "node:timers/promises";
import { realWorld } from "@postern/server";
import {
  type Caller,
  createService,
  type KeptEnds,
  type NoticeOptions,
  type Service,
  type ServiceOptions,
  type Store,
  type World,
} from "@postern/service";
import { openPostgresStore } from "@postern/store";
import { keptInMemory } from "../../src/world/kept-in-memory.ts";

export const BOOTSTRAP = "test-bootstrap-secret";
export const world: World = realWorld();

/** A node of the database at this address. */
export async function openNode(
  url: string,
  notices?: NoticeOptions,
  keptEnds?: KeptEnds,
  change: (store: Store) => void = () => {},
  fence?: ServiceOptions["fence"],
): Promise<Service> {
  const store: Store = await openPostgresStore({ url, world });
  change(store);
  return createService({
    world,
    store,
    masterKey: new Uint8Array(32).fill(7),
    origin: "postern.test/ledger",
    keptHead: keptInMemory(),
    bootstrapSecret: BOOTSTRAP,
    ...(notices === undefined ? {} : { notices }),
    ...(keptEnds === undefined ? {} : { keptEnds }),
    ...(fence === undefined ? {} : { fence }),
  });
}

export function callerOf(node: Service, secret: string): Caller {
  const token = node.tokens.bySecret(secret);
  if (token === null) throw new Error("the token is unknown");
  return { kind: "token", token };
}

/** Fails after half a minute: notices are looked for every other second only. */
export async function eventually(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries === 1_500) throw new Error("expected to come true within half a minute");
    await sleep(20);
  }
}
