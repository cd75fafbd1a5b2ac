import { randomBytes } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { between, seeded } from "../crash/seeded.ts";
import { asking } from "../races/ask.ts";
import { bearer } from "../races/registered-session.ts";
import { type ServedNode, serveNode } from "../rollback/served-node.ts";
import { DRIFT_POLICY, INACTIVITY_MS, OPT_OUT_MS, OVERALL_MS } from "./drift-policy.ts";
import { strike, type Trouble } from "./troubles.ts";

/** How late an answer may be of what had just ended: what scheduling on a busy machine costs. */
export const TOLERANCE_MS = 1_500;
const TROUBLE_AFTER_MS = 3_000;
const RESTART_AFTER_MS = 2_000;
/** How long it is tried on after the last end, and after a restart. */
const AFTERWARDS_MS = 5_000;
const ASK_EVERY_MS = 250;
const DAY_MS = 86_400_000;

export interface DriftRun {
  readonly trouble: Trouble;
  readonly restart: boolean;
  readonly store: "sqlite" | "postgres";
  readonly asked: number;
  readonly accepted: number;
  /** By how much the latest acceptance was before its end (negative) or after it, in milliseconds; by what ended. */
  readonly latest: Readonly<Record<string, number>>;
  /** Answers that were no, and yes again before the end: a clock that is in doubt says no too early. */
  readonly early: number;
  readonly violations: readonly string[];
}

interface Registered {
  readonly id: string;
  readonly secret: string;
}

/** Something that ends, by the clock of this process. */
interface Ending {
  readonly name: string;
  /** Milliseconds of this process's monotonic clock; what is moved by activity moves it. */
  due: number;
  readonly use: () => Promise<boolean>;
  accepted: number;
  asked: number;
  latest: number;
  refused: boolean;
  early: number;
}

/** One node whose clock is moved, once, with a session or an opt-out of each kind: none outlives its end. */
export async function driftRun(options: {
  readonly trouble: Trouble;
  readonly restart: boolean;
  readonly databaseUrl?: string;
  readonly seed: number;
  /** Starts a node when it is its turn. */
  readonly inLine: <Value>(start: () => Promise<Value>) => Promise<Value>;
}): Promise<DriftRun> {
  const { trouble, restart, databaseUrl } = options;
  const dice = seeded(options.seed);
  const directory = await mkdtemp(join(tmpdir(), "postern-drift-"));
  const clock = await open(join(directory, "clock"), "w+");
  const offsets = new Float64Array(2);
  const move = async (which: 0 | 1, by: number): Promise<void> => {
    offsets[which] = (offsets[which] ?? 0) + by;
    await clock.write(new Uint8Array(offsets.buffer.slice(0)), 0, 16, 0);
  };
  await move(0, 0);
  let secret = "";
  const bootstrapToken = randomBytes(24).toString("hex");
  const start = (): Promise<ServedNode> =>
    serveNode(
      {
        directory: join(directory, "data"),
        masterKey: Buffer.alloc(32, 17).toString("base64"),
        bootstrapToken,
        origin: "postern.test/drift",
        clockOff: 0,
        ...(databaseUrl === undefined ? {} : { databaseUrl }),
      },
      () => secret,
      {
        file: new URL("./moved-clock.ts", import.meta.url),
        env: { DRIFT_CLOCK: join(directory, "clock") },
      },
    );
  const ask = asking();
  let node: ServedNode | null = await options.inLine(start);
  const call = async (path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const { status, json } = (await node?.call(body === undefined ? "GET" : "POST", path, body)) ?? {
      status: 0,
      json: {},
    };
    if (status >= 300 || status === 0) throw new Error(`${path}: ${status} ${JSON.stringify(json)}`);
    return json as Record<string, unknown>;
  };
  /** While it is frozen nothing is answered: what is asked meanwhile is judged by when it goes on. */
  let goesOnAt = 0;
  try {
    const first = await call("/v1/tokens/bootstrap", {
      secret: bootstrapToken,
      person: { type: "user", id: "olga" },
    });
    secret = String(first.secret);
    const issued = await call("/v1/tokens", {
      label: "drift",
      person: { type: "user", id: "olga" },
      scopes: ["admin", "decide", "entities.write", "policy.write", "policy.activate", "sessions.register"],
      maxAcr: "aal2",
      subjectTypes: ["user"],
      expiresAt: new Date(Date.now() + DAY_MS).toISOString(),
    });
    secret = String(issued.secret);
    const files = [{ path: "drift.yaml", text: DRIFT_POLICY }];
    await call(
      `/v1/policy/revisions/${String((await call("/v1/policy/revisions", { files })).id)}/activate`,
      {},
    );
    const register = async (person: string): Promise<Registered> => {
      const given = (await call("/v1/sessions", {
        subject: { type: "user", id: person },
        acr: "aal1",
        authTime: new Date().toISOString(),
        expiresAt: new Date(Date.now() + DAY_MS / 24).toISOString(),
      })) as { readonly secret: string; readonly session: { readonly id: string } };
      return { id: given.session.id, secret: given.secret };
    };
    const decided = (area: string, person: string, session: string) => async (): Promise<boolean> => {
      const answer = await call("/access/v1/evaluation", {
        subject: { type: "user", id: person },
        action: { name: "get" },
        resource: { type: "route", id: `/${area}/1` },
        context: { postern: { session } },
      });
      return answer.decision === true;
    };
    /** By a decision, and by its own secret: the token that asks for decisions has an end too. */
    const use = (area: string, person: string, session: Registered) => async (): Promise<boolean> => {
      if (node === null) throw new Error("there is no node now");
      const own = ask(`${node.url}/v1/session?for=/${area}/1`, { headers: bearer(session.secret) });
      const by = decided(area, person, session.id)().catch(() => false);
      const { status, text } = await own;
      const live = status === 200 && (JSON.parse(text) as { readonly state: string }).state === "live";
      return (await by) || live;
    };
    const ending = (name: string, due: number, by: Ending["use"]): Ending => ({
      name,
      due,
      use: by,
      accepted: 0,
      asked: 0,
      latest: Number.NEGATIVE_INFINITY,
      refused: false,
      early: 0,
    });
    const notes = await register("nora");
    const overall = ending("overall", performance.now() + OVERALL_MS, use("notes", "nora", notes));
    const busy = await register("bert");
    const kept = ending("overall, though active", performance.now() + OVERALL_MS, use("desks", "bert", busy));
    const idle = await register("ines");
    const rest = ending("inactivity", performance.now() + INACTIVITY_MS, use("desks", "ines", idle));
    const until = new Date(Date.now() + DAY_MS / 24).toISOString();
    const entered = await node.enter({
      secret,
      person: "omar",
      offer: "reports-without-a-code",
      now: new Date().toISOString(),
      until,
    });
    const optOut = ending(
      "opt-out",
      performance.now() + OPT_OUT_MS,
      decided("reports", "omar", entered.session),
    );
    const endings = [overall, kept, rest, optOut];

    let over = false;
    const judged = async (of: Ending): Promise<void> => {
      const sent = performance.now();
      const accepted = await of.use().catch(() => null);
      if (accepted === null) return;
      // While it stood still nothing was looked at.
      const began = sent < goesOnAt && performance.now() >= goesOnAt ? goesOnAt : sent;
      of.asked += 1;
      if (!accepted) {
        of.refused = true;
        return;
      }
      of.accepted += 1;
      if (of.refused && began < of.due) of.early += 1;
      of.latest = Math.max(of.latest, began - of.due);
    };
    const asking1 = endings.map(async (of) => {
      for (; !over; await sleep(ASK_EVERY_MS)) await judged(of);
    });
    const active = async (session: string): Promise<void> => {
      if (node !== null)
        await ask(`${node.url}/v1/session/activity?for=/desks/1`, {
          method: "POST",
          headers: bearer(session),
        });
    };
    const beingThere = (async () => {
      for (; !over; await sleep(INACTIVITY_MS / 8)) await active(busy.secret).catch(() => undefined);
    })();
    await active(idle.secret);
    rest.due = performance.now() + INACTIVITY_MS;
    await sleep(TROUBLE_AFTER_MS);
    const twin = endings.flatMap(({ name, accepted }) => (accepted === 0 ? [name] : []));
    if (twin.length > 0) throw new Error(`refused before anything had happened: ${twin.join(", ")}`);

    await strike(
      trouble,
      {
        wall: (by) => move(0, by),
        monotonic: (by) => move(1, by),
        over: () => over,
        async freeze(milliseconds) {
          node?.signal("SIGSTOP");
          goesOnAt = Number.POSITIVE_INFINITY;
          await sleep(milliseconds);
          goesOnAt = performance.now();
          node?.signal("SIGCONT");
        },
      },
      dice,
    );
    if (restart) {
      await sleep(RESTART_AFTER_MS);
      const ended = node;
      node = null;
      await (between(dice, 0, 1) === 0 ? ended.stop() : ended.kill());
      node = await options.inLine(start);
    }
    const last = Math.max(...endings.map(({ due }) => due), performance.now());
    await sleep(last - performance.now() + AFTERWARDS_MS);
    over = true;
    await Promise.all([...asking1, beingThere]);
    return {
      trouble,
      restart,
      store: databaseUrl === undefined ? "sqlite" : "postgres",
      asked: endings.reduce((sum, { asked }) => sum + asked, 0),
      accepted: endings.reduce((sum, { accepted }) => sum + accepted, 0),
      latest: Object.fromEntries(endings.map(({ name, latest }) => [name, Math.round(latest)])),
      early: endings.reduce((sum, { early }) => sum + early, 0),
      violations: endings.flatMap(({ name, latest }) =>
        latest > TOLERANCE_MS ? [`${name}: let in ${Math.round(latest)} ms after its end`] : [],
      ),
    };
  } finally {
    ask.close();
    await node?.kill();
    await clock.close();
    await rm(directory, { recursive: true, force: true });
  }
}
