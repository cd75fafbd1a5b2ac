import { hkdfSync } from "node:crypto";
import { dirname, join } from "node:path";
import { createService, type Service, type Store, type World } from "@postern/service";
import { openPostgresStore, openSqliteStore } from "@postern/store";
import { createAccessTokens } from "./access-request/tokens.ts";
import { createBearers } from "./access-token/bearers.ts";
import { createAssertions } from "./assertion.ts";
import { clientDataOf } from "./client-data/client-data.ts";
import type { Config } from "./config/settings.ts";
import { startControl } from "./control-plane.ts";
import { decisionLine } from "./decision-line.ts";
import { startGateway } from "./gateway/index.ts";
import { keptEndsFile } from "./kept-ends.ts";
import { keptHeadFile } from "./kept-head.ts";
import { createLog, type Log } from "./log.ts";
import { masterKey } from "./master-key.ts";
import { createMetrics, promptsLogged } from "./metrics.ts";
import { addressCodes } from "./notices/address-codes.ts";
import { noticeOptions } from "./notices/index.ts";
import { clientsOf } from "./openid/clients.ts";
import { OPENID } from "./openid/openid.ts";
import { startPeople } from "./people/index.ts";
import { createLinkCodes } from "./people/link-codes.ts";
import { applyPolicyDirectory } from "./policy-directory.ts";
import { createReturnPaths } from "./return-path.ts";
import { createPageTokens } from "./search/page-token.ts";
import { createSessionWatch } from "./session/session-watch.ts";
import { createReceiver, transmittersOf } from "./shared-signals/receiver.ts";
import { createTransmitter } from "./shared-signals/transmitter.ts";
import { authenticators } from "./sign-in/authenticators.ts";
import type { EntryCodes } from "./sign-in/entry.ts";
import { createTraces } from "./traces/traces.ts";
import { upstreamsOf } from "./upstream/settings.ts";
import type { Listener, Places, Wiring } from "./wiring.ts";
import { witnessClients } from "./witness/client.ts";
import { realWorld } from "./world.ts";

export function headFileOf({ headFile, dataDir }: Config): string {
  return headFile ?? join(dataDir, "head.note");
}

/** Beside the signed head, wherever that is kept: both are of use only outside the database. */
export function endsFileOf(config: Config): string {
  return join(dirname(headFileOf(config)), "ends.jsonl");
}

/** A Postern that runs: three listeners over one service. */
export interface Running {
  readonly urls: { readonly control: string; readonly people: string; readonly gateway?: string };
  readonly service: Service;
  /** Answers "not ready" from now on, without stopping yet. */
  drain(): void;
  /** Lets what runs finish, writes what is left and frees the data directory. Safe to call twice. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly world?: World;
  /** No decision lines, whatever is configured. */
  readonly quiet?: boolean;
  readonly log?: Log;
  /** Puts something between the service and the database. */
  readonly store?: (opened: Store) => Store;
}

/**
 * Starts Postern. The only composition root: every part is made here and handed to those that need it. What cannot be
 * used (a missing key, a data directory in use, a first policy that does not compile) ends the start with a coded error
 * and leaves nothing running.
 */
export async function startPostern(config: Config, options: StartOptions = {}): Promise<Running> {
  const world = options.world ?? realWorld();
  const log = options.log ?? createLog(config.logLevel);
  const clients = clientsOf(config);
  const upstreams = upstreamsOf(config, world);
  const clientData = clientDataOf(config);
  const transmitters = transmittersOf(config);
  const key = masterKey(config, world);
  if (key.from === "generated")
    log.warn({}, "the master key was made by this machine; that is for development only");

  const undo: (() => Promise<void> | void)[] = [];
  const stopAll = async (): Promise<void> => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };
  try {
    const listeners: { control?: Listener; people?: Listener; gateway?: Listener } = {};
    const places = placesOf(config, listeners);
    const traces = createTraces(world);
    const opened = await openStore(config, world);
    const used = options.store?.(opened) ?? opened;
    const store = traces?.store(used) ?? used;
    const closeStore = (): Promise<void> => store.close();
    undo.push(closeStore);
    const mail = addressCodes(config);
    const service = await createService({
      world,
      store,
      masterKey: key.bytes,
      origin: config.origin,
      keptHead: keptHeadFile(headFileOf(config)),
      keptEnds: keptEndsFile(endsFileOf(config)),
      signedSources: transmitters.map(({ id }) => id),
      ownIssuers: () => [`${places.people()}/oidc`, places.control()],
      witnesses: witnessClients(config.witnesses),
      onWitness: (detail) => log.warn({ detail }, "a witness does not cosign"),
      notices: noticeOptions(config, world, log, () => places.people()),
      authenticators: authenticators(world, () => places.people(), upstreams),
      clientData,
      ...(mail === null ? {} : { addressCodes: mail.codes }),
      alarm: (detail) => log.error({ detail }, "this node is in doubt"),
      ...(config.bootstrapToken === null ? {} : { bootstrapSecret: config.bootstrapToken }),
    });
    // From here on the service closes the store, after what it still has to write.
    undo.splice(undo.indexOf(closeStore), 1, () => service.close());
    const begun = await service.node.beginOpenid();
    if (!begun.ok) throw new Error(`the OpenID Provider has no key: ${begun.refusal.detail}`);
    const policyDir = await applyPolicyDirectory(config.policyDir, service, log);

    const sessionWatch = createSessionWatch(service, world);
    undo.push(() => sessionWatch.close());
    const receiver = createReceiver(transmitters, {
      service,
      world,
      log,
      endpoint: () => `${places.control()}/ssf/receive`,
    });
    undo.push(() => receiver.stop());
    const transmitter = createTransmitter(service, places);
    const assertions = createAssertions(service, world, places.control);
    undo.push(() => assertions.close());
    const metrics = promptsLogged(createMetrics(service, receiver), log);
    const wiring: Wiring = {
      service: traces === null ? service : { ...service, decisions: traces.decisions(service.decisions) },
      config,
      world,
      log,
      metrics,
      assertions,
      returns: createReturnPaths(derived(key.bytes, "return-path")),
      pages: createPageTokens(derived(key.bytes, "search-page"), world),
      accessTokens: createAccessTokens(derived(key.bytes, "access-request"), world),
      places,
      receiver,
      sessionWatch,
      transmitter,
      bearers: createBearers(service, {
        clients,
        issuer: () => `${places.people()}${OPENID}`,
        count: metrics.accessToken,
      }),
      outbox: mail?.outbox ?? null,
      ...(traces === null ? {} : { traces }),
    };
    if (config.decisionLines && options.quiet !== true) {
      undo.push(printDecisions(service, config.logNames && config.mode === "development"));
    }
    let stopping = false;
    const readiness = { stopping: () => stopping };
    const links = createLinkCodes(world);
    const entries: EntryCodes = createLinkCodes(world);
    const begin = async (name: keyof typeof listeners, start: () => Promise<Listener>): Promise<void> => {
      const listener = await start();
      listeners[name] = listener;
      undo.push(() => listener.close());
    };
    await begin("control", () => startControl(wiring, readiness, { masterKey: key.from, policyDir }));
    await begin("people", () => startPeople(wiring, { links, entries, clients, upstreams }));
    if (config.upstream !== null) await begin("gateway", () => startGateway(wiring, { links, entries }));

    receiver.start();
    undo.push(service.streams.deliver(transmitter.push));
    let stopped: Promise<void> | undefined;
    const gateway = places.gateway();
    return {
      urls: {
        control: places.control(),
        people: places.people(),
        ...(gateway === null ? {} : { gateway }),
      },
      service,
      drain(): void {
        stopping = true;
      },
      stop(): Promise<void> {
        stopping = true;
        stopped ??= stopAll();
        return stopped;
      },
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

function openStore(config: Config, world: World): Promise<Store> {
  return config.databaseUrl === null
    ? openSqliteStore({ directory: config.dataDir, world })
    : openPostgresStore({ url: config.databaseUrl, world });
}

function placesOf(
  config: Config,
  listeners: { readonly control?: Listener; readonly people?: Listener; readonly gateway?: Listener },
): Places {
  const at = (given: string | null, port: number, listener: Listener | undefined): string =>
    given ?? listener?.url ?? `http://localhost:${port}`;
  return {
    control: () => at(config.publicUrl, config.port, listeners.control),
    people: () => at(config.peopleUrl, config.peoplePort, listeners.people),
    gateway: () =>
      config.upstream === null ? null : at(config.gatewayUrl, config.gatewayPort, listeners.gateway),
  };
}

/** A key for one purpose. */
function derived(master: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", master, "postern", purpose, 32));
}

function printDecisions({ decisions }: Service, names: boolean): () => void {
  return decisions.watch((view) => {
    process.stdout.write(`${decisionLine(view, { names })}\n`);
  });
}
