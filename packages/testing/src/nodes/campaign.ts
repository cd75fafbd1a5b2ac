import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { between, type Dice, seeded } from "../crash/seeded.ts";
import { startPostgres } from "../postgres/start-postgres.ts";
import { type Ground, ORIGIN } from "./ground.ts";
import { load } from "./load.ts";
import { lostTail } from "./lost-tail.ts";
import { NODES_POLICY } from "./nodes-policy.ts";
import { LEASE_MS, type Observer, observer } from "./observer.ts";
import { type RunningNode, startNode } from "./running-node.ts";
import { type Ledger, verdict } from "./verdict.ts";

const run = promisify(execFile);
const HOUR_MS = 3_600_000;
/** All nodes are one again within this after a fault is healed. */
const CONVERGED_MS = 1_000;

/** What a run goes through, in this order. */
export const FAULTS = [
  "honours race revocations",
  "a node is stopped and continued",
  "a node is cut off (both; then flow)",
  "a node is cut off (up; then reset)",
  "a node is cut off (down; then reset)",
  "a node is cut off (down; then flow)",
  "PostgreSQL is restarted",
  "PostgreSQL is killed and away for a while",
  "a node leaves, and joins with its clock an hour off",
  "PostgreSQL fails over and loses its tail",
  "all is well again",
] as const;
type Fault = (typeof FAULTS)[number];

export interface FaultRow {
  readonly fault: Fault;
  readonly seconds: number;
  readonly counts: Observer["counts"];
  /** Milliseconds from healing until every node honours and tells the same; null: nothing was to heal. */
  readonly converged: number | null;
  readonly note: string;
}

export interface NodesReport {
  readonly rows: readonly FaultRow[];
  readonly violations: readonly string[];
  readonly ledger: Ledger;
}

/** Three processes on one PostgreSQL, under load over HTTP, through every fault once. */
export async function nodesCampaign(options: {
  readonly seed: number;
  /** How long faults last, as a part of their full length. */
  readonly scale: number;
  /** Only faults whose name matches this, after the first one. */
  readonly only: RegExp;
  readonly onRow: (row: FaultRow) => void;
}): Promise<NodesReport> {
  const directory = await mkdtemp(join(tmpdir(), "postern-nodes-"));
  const files = await mkdtemp(join(tmpdir(), "postern-nodes-postgres-"));
  const server = await startPostgres({ directory: files });
  const databaseUrl = new URL(server.url);
  const dice = seeded(options.seed);
  const told = observer();
  const masterKey = new Uint8Array(32).fill(13);
  let secret = "";
  const bootstrapToken = randomBytes(24).toString("hex");
  const headFolder = (name: string): string => join(directory, name);
  const open = async (name: string, clockOff = 0): Promise<RunningNode> => {
    await mkdir(headFolder(name), { recursive: true });
    return startNode(
      name,
      Number(databaseUrl.port),
      {
        databaseUrl,
        directory: headFolder(name),
        masterKey: Buffer.from(masterKey).toString("base64"),
        bootstrapToken,
        origin: ORIGIN,
        clockOff,
      },
      () => secret,
    );
  };
  const nodes: RunningNode[] = [];
  const unreachable = new Set<RunningNode>();
  const rows: FaultRow[] = [];
  try {
    nodes.push(...(await Promise.all(["first", "second", "third"].map((name) => open(name)))));
    secret = await prepare(nodes, bootstrapToken, (given) => {
      secret = given;
    });
    const work = load({
      nodes: () => nodes,
      reachable: () => nodes.filter((node) => !unreachable.has(node)),
      told,
      secret,
      seed: between(dice, 1, 2 ** 31),
    });
    const data = join(files, "data");
    const ground: Ground = {
      nodes,
      told,
      work,
      database: {
        kill: () => server.kill(),
        start: () => server.restart(),
        copy: async () => void (await run("cp", ["-a", data, `${data}.copy`])),
        async putCopyBack() {
          await rm(data, { recursive: true });
          await run("cp", ["-a", `${data}.copy`, data]);
        },
      },
      converge: () => converge(ground),
    };
    const phase = async (
      fault: Fault,
      act: () => Promise<{ readonly converged?: number; readonly note?: string }>,
    ): Promise<void> => {
      if (rows.length > 0 && !options.only.test(fault)) return;
      const before = { ...told.counts };
      const began = performance.now();
      const { converged = null, note = "" } = await act();
      // Where a tail was lost each node reads the log anew: how long that takes is printed, and bounded by nothing.
      if (converged !== null && converged > CONVERGED_MS && !fault.includes("tail"))
        told.violation(`after "${fault}" the nodes took ${Math.round(converged)} ms to be one again`);
      const counts = { ...told.counts };
      for (const name of Object.keys(counts) as (keyof typeof counts)[]) counts[name] -= before[name];
      const row = { fault, seconds: (performance.now() - began) / 1_000, counts, converged, note };
      rows.push(row);
      options.onRow(row);
    };
    const lasting = (seconds: number): Promise<void> => sleep(seconds * options.scale * 1_000);
    const one = (by: Dice): RunningNode => nodes[between(by, 0, nodes.length - 1)] as RunningNode;
    const away = (node: RunningNode): void => {
      unreachable.add(node);
      told.away(node.name, performance.now());
    };
    const back = (node: RunningNode): void => {
      told.away(node.name, null);
      unreachable.delete(node);
    };

    await phase("honours race revocations", async () => {
      await lasting(10);
      return { note: `in effect after ${inEffectTimes(told, 0)}` };
    });
    await phase("a node is stopped and continued", async () => {
      const node = one(dice);
      const since = performance.now();
      node.signal("SIGSTOP");
      away(node);
      const others = nodes.filter((other) => other !== node);
      for (const of of [...told.grants.values()].filter(({ revoking }) => !revoking).slice(-4))
        void work.revoke(others[between(dice, 0, 1)] as RunningNode, of).catch(() => {});
      await sleep(Math.max(30_000 * options.scale, LEASE_MS + 2_000));
      const note = `${node.name}; in effect after ${inEffectTimes(told, since)}`;
      node.signal("SIGCONT");
      back(node);
      return { converged: await ground.converge(), note };
    });
    for (const [fault, way, how, seconds] of [
      ["a node is cut off (both; then flow)", "both", "flow", 12],
      ["a node is cut off (up; then reset)", "up", "reset", 9],
      ["a node is cut off (down; then reset)", "down", "reset", 9],
      ["a node is cut off (down; then flow)", "down", "flow", 9],
    ] as const) {
      await phase(fault, async () => {
        const node = one(dice);
        const since = performance.now();
        node.proxy.cut(way);
        away(node);
        await sleep(Math.max(seconds * 1_000 * options.scale, LEASE_MS + 2_000));
        const note = `${node.name}; in effect after ${inEffectTimes(told, since)}`;
        node.proxy.heal(how);
        back(node);
        return { converged: await ground.converge(), note };
      });
    }
    await phase("PostgreSQL is restarted", async () => {
      await ground.database.start();
      return { converged: await ground.converge() };
    });
    await phase("PostgreSQL is killed and away for a while", async () => {
      await ground.database.kill();
      await lasting(8);
      await ground.database.start();
      return { converged: await ground.converge() };
    });
    await phase("a node leaves, and joins with its clock an hour off", async () => {
      const node = one(dice);
      const at = nodes.indexOf(node);
      nodes.splice(at, 1);
      unreachable.add(node);
      const how = await node.leave();
      if (how !== "0") told.violation(`${node.name} was asked to stop and ended with ${how}`);
      nodes.splice(at, 0, await open(node.name, dice() < 0.5 ? HOUR_MS : -HOUR_MS));
      return { converged: await ground.converge(), note: node.name };
    });
    await phase("PostgreSQL fails over and loses its tail", () => lostTail(ground, lasting));
    await phase("all is well again", async () => {
      await lasting(4);
      return { converged: await ground.converge() };
    });

    await work.stop();
    const ledger = await verdict({
      nodes,
      told,
      databaseUrl: server.url,
      masterKey,
      headFile: join(headFolder("first"), "head.note"),
    });
    return { rows, violations: told.violations, ledger };
  } finally {
    for (const node of nodes) node.kill();
    await server.kill().catch(() => {});
    for (const folder of [directory, files]) await rm(folder, { recursive: true, force: true });
  }
}

async function prepare(
  nodes: readonly RunningNode[],
  bootstrapToken: string,
  use: (secret: string) => void,
): Promise<string> {
  const [first, ...others] = nodes;
  if (first === undefined) throw new Error("there is no node");
  const must = async (path: string, body: unknown): Promise<Readonly<Record<string, unknown>>> => {
    const { status, json } = await first.call("POST", path, body);
    if (status >= 300) throw new Error(`${path} answered ${status}: ${JSON.stringify(json)}`);
    return json;
  };
  const person = { type: "user", id: "olga" };
  use(String((await must("/v1/tokens/bootstrap", { secret: bootstrapToken, person })).secret));
  const issued = await must("/v1/tokens", {
    label: "campaign",
    person,
    scopes: ["admin"],
    maxAcr: "aal2",
    subjectTypes: ["user"],
    expiresAt: new Date(Date.now() + 30 * 24 * HOUR_MS).toISOString(),
  });
  use(String(issued.secret));
  const revision = await must("/v1/policy/revisions", {
    files: [{ path: "policy.yaml", text: NODES_POLICY }],
  });
  await must(`/v1/policy/revisions/${revision.id}/activate`, {});
  for (const other of others)
    for (let status = 0; status !== 200; await sleep(20))
      status = (await other.call("GET", "/v1/nodes")).status;
  return String(issued.secret);
}

const NEVER_MS = 60_000;

async function converge({ nodes, told, work }: Ground): Promise<number> {
  const began = performance.now();
  const until = async (holds: () => Promise<boolean>): Promise<void> => {
    while (performance.now() - began < NEVER_MS) {
      const held = await Promise.race([holds().catch(() => false), sleep(500, false)]);
      if (held) return;
      await sleep(10);
    }
    told.violation("the nodes never became one again");
  };
  const probe = [...told.grants.values()].findLast(({ revoking, area }) => !revoking && area === "reports");
  if (probe === undefined) throw new Error("nobody has an opt-out from reports");
  // Out of the load's hands while it is asked about here.
  probe.revoking = true;
  await until(() => work.visit(nodes[0] as RunningNode, probe.person));
  const count = told.visits.get(probe.person)?.count ?? 0;
  await Promise.all(
    nodes.map(async (node) => {
      await until(async () => (await work.ask(node, probe)) === "honour");
      await until(async () => {
        const { json } = await node.call("GET", `/v1/entities/user/${probe.person}`);
        return Number((json.attributes as { visits?: number } | undefined)?.visits) >= count;
      });
    }),
  );
  const took = performance.now() - began;
  probe.revoking = false;
  return took;
}

/** From the answer `recorded` until in effect everywhere, of the revocations since then. */
function inEffectTimes(told: Observer, since: number): string {
  const times = [...told.grants.values()]
    .flatMap(({ revokedAt, inEffectAt }) =>
      revokedAt !== null && inEffectAt !== null && revokedAt >= since ? [inEffectAt - revokedAt] : [],
    )
    .sort((a, b) => a - b);
  if (times.length === 0) return "no time: nothing was revoked";
  const ms = (at: number): string => `${Math.round(times[Math.floor((times.length - 1) * at)] ?? 0)} ms`;
  return `${ms(0.5)} (median), ${ms(1)} (longest) of ${times.length}`;
}
