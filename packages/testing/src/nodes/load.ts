import { setTimeout as sleep } from "node:timers/promises";
import { between, type Dice, seeded } from "../crash/seeded.ts";
import type { Granted, Observer } from "./observer.ts";
import type { RunningNode } from "./running-node.ts";

const ASKERS = 3;
const LIVING = 3;
const DAY_MS = 86_400_000;
/** So many live opt-outs are kept; older ones are revoked. */
const KEPT = 10;

/** What goes on all the time: people enter, are honoured on any node, and turn protection back on at another. */
export interface Load {
  enter(node: RunningNode, area: Granted["area"]): Promise<Granted>;
  ask(node: RunningNode, of: Granted, session?: string): Promise<string>;
  /** Answers once it is in effect everywhere. */
  revoke(node: RunningNode, of: Granted): Promise<void>;
  visit(node: RunningNode, person: string): Promise<boolean>;
  /** What runs finishes its step, and nothing new begins. */
  stop(): Promise<void>;
}

export function load(parts: {
  readonly nodes: () => readonly RunningNode[];
  /** Those that a client would choose now. */
  readonly reachable: () => readonly RunningNode[];
  readonly told: Observer;
  readonly secret: string;
  readonly seed: number;
}): Load {
  const { told, secret } = parts;
  const dice = seeded(parts.seed);
  let people = 0;
  let stopped = false;

  const pick = <Item>(from: readonly Item[], by: Dice): Item | undefined =>
    from[between(by, 0, from.length - 1)];
  const standing = (): readonly Granted[] => [...told.grants.values()].filter(({ revoking }) => !revoking);

  const enter: Load["enter"] = async (node, area) => {
    people += 1;
    const person = `person-${people}`;
    const now = Date.now();
    const { optOut, session } = await node.enter({
      secret,
      person,
      offer: `${area}-without-a-code`,
      now: new Date(now).toISOString(),
      until: new Date(now + DAY_MS).toISOString(),
    });
    const made: Granted = {
      optOut,
      person,
      session,
      area,
      at: performance.now(),
      honoured: 0,
      revoking: false,
      revokedAt: null,
      inEffectAt: null,
    };
    told.grants.set(optOut, made);
    told.counts.grants += 1;
    return made;
  };

  const ask: Load["ask"] = async (node, of, session = of.session) => {
    const sent = performance.now();
    const answer = await node.call("POST", "/access/v1/evaluation", {
      subject: { type: "user", id: of.person },
      action: { name: "get" },
      resource: { type: "route", id: `/${of.area}/1` },
      context: { postern: { session } },
    });
    const context = answer.json.context as { outcome?: string; evaluation_id?: string } | undefined;
    if (answer.status !== 200 || context?.outcome === undefined) {
      told.counts.failures += 1;
      return `status ${answer.status}`;
    }
    told.answered(node.name, of, sent, context.outcome, context.evaluation_id ?? "");
    return context.outcome;
  };

  const revoke: Load["revoke"] = async (node, of) => {
    of.revoking = true;
    const answer = await node.call("POST", `/v1/opt-outs/${of.optOut}/revoke`, {});
    if (answer.status !== 200) return;
    of.revokedAt = performance.now();
    told.counts.revocations += 1;
    let inEffect = answer.json.inEffect;
    while (inEffect === null && !stopped) {
      await sleep(20);
      const [asked] = parts.reachable();
      if (asked === undefined) continue;
      const found = await asked.call("GET", `/v1/nodes?entry=${answer.json.entry}`);
      if (found.status === 200) inEffect = found.json.inEffect;
    }
    if (typeof inEffect === "string") of.inEffectAt = performance.now();
  };

  const visit: Load["visit"] = async (node, person) => {
    const count = (told.visits.get(person)?.count ?? 0) + 1;
    const answer = await node.call("PUT", `/v1/entities/user/${person}`, {
      attributes: { roles: ["staff"], visits: count },
    });
    if (answer.status !== 200 && answer.status !== 201) return false;
    told.visits.set(person, { count, at: performance.now() });
    told.counts.visits += 1;
    return true;
  };

  /** Steps that fail are tried otherwise: what was not acknowledged is not owed. */
  const loop = async (step: () => Promise<unknown>): Promise<void> => {
    while (!stopped) {
      const went = await step().then(
        () => true,
        () => false,
      );
      if (went) continue;
      told.counts.failures += 1;
      await sleep(20);
    }
  };

  const asking = parts.nodes().flatMap((_, at) =>
    Array.from({ length: ASKERS }, () => {
      const own = seeded(between(dice, 1, 2 ** 31));
      return loop(async () => {
        const node = parts.nodes()[at];
        const of = pick(standing(), own);
        await sleep(4);
        if (node !== undefined && of !== undefined) await ask(node, of);
      });
    }),
  );
  const living = Array.from({ length: LIVING }, () => {
    const own = seeded(between(dice, 1, 2 ** 31));
    return loop(() => live(own));
  });
  async function live(own: Dice): Promise<void> {
    const here = pick(parts.reachable(), own);
    if (here === undefined) {
      await sleep(20);
      return;
    }
    const made = await enter(here, own() < 0.5 ? "papers" : "reports");
    await visit(pick(parts.reachable(), own) ?? here, made.person);
    const all = standing();
    const there = pick(parts.reachable(), own);
    const old = pick(all, own);
    if (all.length > KEPT && old !== undefined && there !== undefined)
      void revoke(there, old).catch(() => {});
    await sleep(between(own, 40, 160));
  }

  return {
    enter,
    ask,
    revoke,
    visit,
    async stop() {
      stopped = true;
      await Promise.race([Promise.all([...asking, ...living]), sleep(20_000)]);
    },
  };
}
