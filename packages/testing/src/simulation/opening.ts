import type { TokenScope } from "@postern/core";
import { type Batch, type Caller, createService, type KeptHead, type Service } from "@postern/service";
import { must } from "../deployment/deployment.ts";
import { keptInMemory } from "../world/kept-in-memory.ts";
import { database } from "./database.ts";
import { EPOCH, machine } from "./machine.ts";
import { tellOffers } from "./model.ts";
import { scheduler } from "./scheduler.ts";
import { directWire, memoryStore } from "./store.ts";
import { REVISIONS } from "./world-policy.ts";

export const ORIGIN = "postern.test/simulation";
export const MASTER_KEY: Uint8Array = new Uint8Array(32).fill(7);
export const PEOPLE: readonly string[] = ["ana", "ben", "cleo", "dan", "eva"];
const BOOTSTRAP = "simulated-bootstrap-secret";
const MANAGER: readonly TokenScope[] = [
  "opt-outs.request",
  "opt-outs.approve",
  "opt-outs.read",
  "policy.activate",
];

/** Where every world begins: a ledger with people, tokens and two revisions. Made once, and the same each time. */
export interface Opening {
  readonly log: readonly Batch[];
  readonly keptHead: string | null;
  /** Wall time at which worlds go on from here. */
  readonly at: number;
  readonly admin: Caller;
  readonly application: Caller;
  /** Tokens of persons who request and approve; among them people who have opt-outs of their own. */
  readonly managers: readonly Caller[];
  readonly revisions: readonly string[];
}

export async function opening(): Promise<Opening> {
  const time = scheduler();
  const db = database(() => EPOCH + time.now());
  const kept = keptInMemory();
  const { world } = machine("opening", time, 1);
  const begin = async (): Promise<Opening> => {
    const service = await createService({
      world,
      store: memoryStore(db, directWire(db)),
      masterKey: MASTER_KEY,
      origin: ORIGIN,
      keptHead: kept,
      bootstrapSecret: BOOTSTRAP,
    });
    const first = must(await service.tokens.bootstrap(BOOTSTRAP, { type: "user", id: "olga" }));
    const admin = callerOf(service, first.secret);
    for (const id of [...PEOPLE, "pia", "quinn"])
      must(await service.entities.put(admin, { type: "user", id }, { attributes: { roles: ["staff"] } }));
    const token = async (scopes: readonly TokenScope[], person?: string): Promise<Caller> =>
      callerOf(
        service,
        must(
          await service.tokens.issue(admin, {
            label: person ?? "application",
            scopes,
            expiresAt: new Date(EPOCH + 300 * 86_400_000).toISOString(),
            maxAcr: "aal2",
            subjectTypes: ["user"],
            ...(person === undefined ? {} : { person: { type: "user", id: person } }),
          }),
        ).secret,
      );
    const application = await token(["sessions.register"]);
    const managers: Caller[] = [];
    for (const person of ["pia", "quinn", "ana", "ben"]) managers.push(await token(MANAGER, person));
    const revisions: string[] = [];
    for (const { text, offers } of REVISIONS) {
      const { id } = must(await service.policy.publish(admin, [{ path: "policy.yaml", text }]));
      tellOffers(id, offers);
      revisions.push(id);
    }
    must(await service.policy.activate(admin, revisions[0] ?? ""));
    await service.close();
    return {
      log: [...db.log],
      keptHead: await kept.read(),
      at: EPOCH + time.now() + 1_000,
      admin,
      application,
      managers,
      revisions,
    };
  };
  return time.until(begin(), 60_000);
}

function callerOf(service: Service, secret: string): Caller {
  const token = service.tokens.bySecret(secret);
  if (token === null) throw new Error("the token that was just issued is unknown");
  return { kind: "token", token };
}

/** The signed head beside one machine: it outlives the process, and no other machine's is it. */
export function keptBeside(note: string | null): KeptHead {
  let kept = note;
  return {
    read: async () => kept,
    async write(next) {
      kept = next;
    },
  };
}
