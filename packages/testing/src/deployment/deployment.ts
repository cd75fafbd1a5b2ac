import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Result, TokenScope } from "@postern/core";
import {
  type AddressCodes,
  type Authenticators,
  type Caller,
  type ClientData,
  createService,
  type KeptHead,
  type Problem,
  type Service,
  type ServiceOptions,
  type Store,
  type Witness,
} from "@postern/service";
import { openSqliteStore } from "@postern/store";
import { keptInMemory } from "../world/kept-in-memory.ts";
import { type ManualWorld, manualWorld } from "../world/manual-world.ts";

/** One node on a real SQLite store in a temporary folder, with a clock in the hand. */
export interface Deployment {
  readonly world: ManualWorld;
  readonly directory: string;
  readonly keptHead: KeptHead;
  service: Service;
  /** The first administrator. */
  readonly admin: Caller;
  /** A token for a person, or for an application where there is none. */
  token(
    scopes: readonly TokenScope[],
    person?: string,
    more?: {
      readonly maxAcr?: "aal1" | "aal2" | "aal3";
      readonly resources?: readonly string[];
      readonly subjectTypes?: readonly string[];
    },
  ): Promise<Caller>;
  /** Publishes and activates. */
  policy(text: string): Promise<string>;
  /** Closes the service and opens it again on the same files. */
  reopen(more?: Pick<ServiceOptions, "fence">): Promise<void>;
  /**
   * Gives the node real time to confirm the head after the clock was moved. It may stay in doubt, where it has
   * reason to.
   */
  settle(): Promise<void>;
  /** The entries of the ledger from an index on, read back. */
  entries(from?: number): Promise<readonly WrittenEntry[]>;
  /** The caller that a session is. */
  sessionCaller(id: string): Caller;
  stop(): Promise<void>;
}

/** An entry as it stands in the ledger. */
export interface WrittenEntry {
  readonly index: number;
  readonly type: string;
  readonly at: string;
  readonly by: { readonly person: string | null; readonly via: string };
  readonly data: Readonly<Record<string, unknown>>;
}

export interface DeploymentOptions {
  readonly at?: string;
  readonly policy?: string;
  /** Puts something between the service and the store. */
  readonly store?: (store: Store) => Store;
  readonly authenticators?: Authenticators;
  /** Brings codes to the addresses in the attribute `email`. */
  readonly addressCodes?: AddressCodes;
  /** Reads addresses and agents. */
  readonly clientData?: ClientData;
  /** Asked to cosign; the list may change between two openings. */
  readonly witnesses?: () => readonly Witness[];
}

const BOOTSTRAP = "test-bootstrap-secret";

export async function deployment(options: DeploymentOptions = {}): Promise<Deployment> {
  const directory = await mkdtemp(join(tmpdir(), "postern-test-"));
  const world = manualWorld(options.at === undefined ? {} : { at: options.at });
  const keptHead = keptInMemory();
  const wrap = options.store ?? ((store: Store) => store);
  const open = async (more: Pick<ServiceOptions, "fence"> = {}): Promise<Service> =>
    createService({
      world,
      store: wrap(await openSqliteStore({ directory, world })),
      masterKey: new Uint8Array(32).fill(7),
      origin: "postern.test/ledger",
      keptHead,
      bootstrapSecret: BOOTSTRAP,
      witnesses: options.witnesses?.() ?? [],
      ...more,
      ...(options.clientData === undefined ? {} : { clientData: options.clientData }),
      ...(options.authenticators === undefined ? {} : { authenticators: options.authenticators }),
      ...(options.addressCodes === undefined
        ? {}
        : {
            addressCodes: options.addressCodes,
            notices: { channels: [], addressIn: "email", giveUpAfter: 86_400_000, told: () => {} },
          }),
    });
  const service = await open();
  const first = must(await service.tokens.bootstrap(BOOTSTRAP, { type: "user", id: "olga" }));
  const admin = callerOf(service, first.secret);
  const seconds: Caller[] = [];
  const made: Deployment = {
    world,
    directory,
    keptHead,
    service,
    admin,
    async token(scopes, person, more = {}) {
      const issued = must(
        await made.service.tokens.issue(admin, {
          label: `token of ${person ?? "an application"}`,
          scopes,
          expiresAt: new Date(world.wall() + 86_400_000 * 300).toISOString(),
          ...(person === undefined ? {} : { person: { type: "user", id: person } }),
          maxAcr: more.maxAcr ?? "aal2",
          subjectTypes: more.subjectTypes ?? ["user"],
          ...(more.resources === undefined ? {} : { resources: more.resources }),
        }),
      );
      // Where there are two administrators, the second confirms at once.
      const [other] = seconds;
      if (issued.waits !== undefined && other !== undefined)
        must(await made.service.unreviewed.confirm(other, issued.waits.id));
      const caller = callerOf(made.service, issued.secret);
      if (scopes.includes("admin") && person !== undefined && person !== "olga") seconds.push(caller);
      return caller;
    },
    async policy(text) {
      const published = must(await made.service.policy.publish(admin, [{ path: "policy.yaml", text }]));
      return must(await made.service.policy.activate(admin, published.id)).id;
    },
    async reopen(more) {
      await made.service.close();
      made.service = await open(more);
    },
    async settle() {
      for (let tries = 0; tries < 50; tries++) {
        await sleep(4);
        if (made.service.node.doubt() === null) return;
        world.pass(1_000);
      }
    },
    async entries(from = 0) {
      const written: WrittenEntry[] = [];
      for (let at = from; at < made.service.ledger.size(); at = from + written.length) {
        for (const { index, entry } of must(await made.service.ledger.entries(admin, at, 100))) {
          const { type, at: when, by, data } = JSON.parse(entry ?? "{}") as WrittenEntry;
          written.push({ index, type, at: when, by, data });
        }
      }
      return written;
    },
    sessionCaller(id) {
      const session = made.service.sessions.byId(id);
      if (session === null) throw new Error(`there is no session \`${id}\``);
      return { kind: "session", session };
    },
    async stop() {
      await made.service.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  if (options.policy !== undefined) await made.policy(options.policy);
  return made;
}

function callerOf(service: Service, secret: string): Caller {
  const token = service.tokens.bySecret(secret);
  if (token === null) throw new Error("the token that was just issued is unknown");
  return { kind: "token", token };
}

/** The value of a use-case that a test expects to succeed. */
export function must<Value>(result: Result<Value, Problem>): Value {
  if (!result.ok)
    throw new Error(
      `${result.refusal.code}: ${result.refusal.detail} ${JSON.stringify(result.refusal.errors ?? [])}`,
    );
  return result.value;
}
