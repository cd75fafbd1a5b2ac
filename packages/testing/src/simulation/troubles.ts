import type { Row } from "@postern/service";
import { type Ground, goDown, type SimulatedNode } from "./ground.ts";
import { heal, healStore, look } from "./heal.ts";
import { acceptLater, loseTail } from "./loss.ts";
import { MOST_DRIFT } from "./machine.ts";
import { type Picks, pick, type TroubleName } from "./steps.ts";
import type { Line } from "./store.ts";

/** Until every node has asked the store for the time again, or gone into doubt. */
const UNSURE_MS = 10_000;

/** Something that goes wrong; where it lasts, it plans its own end. */
export type Strike = (ground: Ground, node: SimulatedNode, picks: Picks) => void | Promise<void>;

const cut: Strike = (ground, node, { a, b, c }) => {
  const lines: readonly Line[] = a < 0.35 ? ["log"] : a < 0.55 ? ["reads"] : ["log", "reads"];
  const { trouble } = node;
  const ways = b < 0.3 ? [trouble.outCut] : b < 0.75 ? [trouble.inCut] : [trouble.outCut, trouble.inCut];
  if (ways.includes(trouble.outCut)) ground.strike("network: partition, node to store");
  if (ways.includes(trouble.inCut)) ground.strike("network: partition, store to node");
  for (const way of ways) for (const line of lines) way.add(line);
  ground.time.at(100 + c ** 2 * 10_000, () => {
    for (const way of ways) for (const line of lines) way.delete(line);
  });
};

const jump: Strike = (ground, node, { a, b }) => {
  // A clock that is set while the machine sleeps, or before it was looked at again, cannot be told from one that is not.
  if (node.machine.frozen() || node.sleptAt >= node.confirmed) return;
  ground.strike("clock: jump");
  const size = a < 0.4 ? 1_900 : a < 0.8 ? 12_000 : 3_600_000;
  node.machine.jump((b * 2 - 1) * size);
  node.jumpedAt = ground.time.now();
};

const freeze: Strike = (ground, node, { a, b }) => {
  const { machine } = node;
  if (machine.frozen() || !machine.alive()) return;
  const asleep = b < 0.4 && node.jumpedAt < node.confirmed;
  ground.strike(asleep ? "clock: sleep" : "clock: freeze");
  machine.freeze(asleep);
  if (asleep) node.sleptAt = ground.time.now();
  ground.time.at(100 + a ** 2 * 14_000, () => machine.thaw());
};

const failOver: Strike = (ground, _node, { a, b }) => {
  if (ground.down) return;
  ground.strike("store: fail-over");
  if (b < 0.5) {
    ground.storeOffset += (b * 4 - 1) * 400;
    ground.unsureUntil = Math.max(ground.unsureUntil, ground.time.now() + UNSURE_MS);
  }
  goDown(ground, 50 + a * 1_500);
};

const failOverWithLostTail: Strike = (ground, _node, { a, b }) => {
  if (ground.down || ground.lossOpen || ground.tampered) return;
  if (!loseTail(ground, 1 + Math.floor(a * 4))) return;
  ground.strike("store: fail-over with lost tail");
  goDown(ground, 50 + a * 800);
  acceptLater(ground, 1_500 + b * 6_000);
};

const kill: Strike = (ground, node, { a }) => {
  if (node.away) return;
  ground.strike("node: killed");
  ground.kill(node);
  ground.time.at(20 + a * 1_500, () => {
    if (!node.away && !node.machine.alive()) ground.start(node);
  });
};

const leaveOrJoin: Strike = (ground, node) => {
  if (ground.lossOpen) return;
  if (node.away) {
    node.away = false;
    ground.strike("node: joined");
    ground.start(node);
    return;
  }
  const { service, machine } = node;
  if (service === null || ground.nodes.filter(({ away }) => !away).length < 2) return;
  node.away = true;
  ground.strike("node: left");
  // Whether it can say good-bye or not, it is gone after a while.
  const gone = (): void => {
    if (node.machine === machine && machine.alive()) ground.kill(node);
  };
  service.close().then(gone, gone);
  ground.time.at(3_000, gone);
};

/** Rows as an intruder would like them: put back as they once were, deleted, or written anew. */
const tamper: Strike = (ground, node, { a, b, c }) => {
  if (ground.tampered || ground.lossOpen || ground.down || node.away) return;
  const { rows } = ground.db.contents();
  const optOuts = rows.get("opt_outs");
  const ended = [...(optOuts?.values() ?? [])].filter(
    ({ id }) => ground.truth.optOuts.get(id)?.standing === "ended",
  );
  const chosen = pick(ended, b);
  const locks = rows.get("locks");
  const lock = pick([...(locks?.keys() ?? [])], b);
  if (a < 0.6 && chosen !== null) {
    const before = earlier(ground, chosen.id);
    if (before === null) return;
    optOuts?.set(chosen.id, before);
  } else if (a < 0.8 && lock !== null) locks?.delete(lock);
  else {
    const sessions = rows.get("sessions");
    const session = pick(
      [...(sessions?.values() ?? [])].filter(({ body }) => body.includes('"aal1"')),
      b,
    );
    if (session === null) return;
    sessions?.set(session.id, { ...session, body: session.body.replace('"aal1"', '"aal2"') });
  }
  ground.tampered = true;
  ground.strike("store: row tampered");
  ground.kill(node);
  ground.start(node);
  ground.time.at(1_500 + c * 3_000, () => healStore(ground));
};

/** The row as it stood when it was granted, with the tag that was right for it then. */
function earlier(ground: Ground, id: string): Row | null {
  for (const batch of ground.db.log)
    for (const change of batch.rows)
      if (change.id === id && change.body.includes('"granted"')) {
        const { body, entry, leaf, tag } = change;
        return { id, body, entry, leaf, tag };
      }
  return null;
}

export const TROUBLES: Readonly<Record<TroubleName, Strike>> = {
  "cut a line": cut,
  "lose messages": (ground, { trouble }, { a }) => {
    trouble.loss = 0.35;
    ground.time.at(500 + a * 5_000, () => {
      trouble.loss = 0;
    });
  },
  "slow lines": (ground, { trouble }, { a, b }) => {
    trouble.slow = 50 + b * 700;
    ground.time.at(500 + a * 4_000, () => {
      trouble.slow = 2;
    });
  },
  "lose the next answer": (_ground, { trouble }) => {
    trouble.loseNextAnswer = true;
  },
  "jump a clock": jump,
  "drift a clock": (ground, { machine }, { a }) => {
    ground.strike("clock: drift");
    machine.drift(1 + (a * 2 - 1) * MOST_DRIFT);
  },
  "freeze a machine": freeze,
  "fill the disk": (ground, _node, { a }) => {
    ground.full = true;
    ground.time.at(200 + a * 3_000, () => {
      ground.full = false;
    });
  },
  "fail the next write": (ground, _node, { a }) => {
    ground.nextFate = pick(["serialisation", "torn", "sync-lost", "sync-kept"], a);
  },
  "fail over": failOver,
  "fail over with lost tail": failOverWithLostTail,
  "jump the store's clock": (ground, _node, { a, b }) => {
    if (ground.lossOpen) return;
    ground.strike("clock: the store's clock jumps");
    ground.storeJumped = true;
    ground.storeOffset += (a * 2 - 1) * (b < 0.5 ? 1_900 : 3_600_000);
    ground.unsureUntil = ground.time.now() + UNSURE_MS;
  },
  "kill a node": kill,
  "leave or join": leaveOrJoin,
  "tamper with a row": tamper,
  async "heal and look"(ground) {
    await heal(ground);
    await look(ground);
  },
};
