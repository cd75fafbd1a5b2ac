import { StoreError } from "@postern/service";
import { ACTS, type Known } from "./acts.ts";
import type { Ground, SimulatedNode } from "./ground.ts";
import type { ActName, Picks } from "./steps.ts";

/** Sends one request to a node: it may be lost, come twice or late, and so may its answer. */
export function send(ground: Ground, node: SimulatedNode, what: ActName, picks: Picks, known: Known): void {
  const { time, dice, strike } = ground;
  const { trouble } = node;
  const lost = (): boolean => dice() < trouble.loss / 2;
  if (lost()) {
    strike("network: request dropped");
    return;
  }
  const times = lost() ? 2 : 1;
  if (times === 2) strike("network: request duplicated");
  const order = node.sent++;
  for (let copy = 0; copy < times; copy++) {
    time.at(0.3 + dice() * (trouble.loss > 0 ? 60 : 4), () => {
      const { machine } = node;
      machine.deliver(0, () => {
        if (order < node.heard) strike("network: reordered");
        node.heard = Math.max(node.heard, order);
        void serve(ground, node, what, picks, known).then((hear) => {
          if (hear === null) return;
          if (lost()) strike("network: answer dropped");
          else time.at(0.3 + dice() * 4, hear);
        });
      });
    });
  }
}

async function serve(
  ground: Ground,
  node: SimulatedNode,
  what: ActName,
  picks: Picks,
  known: Known,
): Promise<(() => void) | null> {
  const { service } = node;
  if (service === null) return null;
  try {
    if (picks.d < 0.5) await service.node.fresh();
    return await ACTS[what]({
      ground,
      node,
      service,
      known,
      picks,
      ack(promised, holds) {
        const { truth, rules } = ground;
        const open = ground.time.now() < ground.lossUntil;
        rules.check(
          "no acknowledged write lost",
          open || holds(truth),
          () => `${node.name} acknowledged the ${promised}, and the log does not have it`,
        );
        if (holds(truth)) ground.acknowledged.push({ what: promised, size: truth.size, holds });
      },
    });
  } catch (cause) {
    // A store that is away is an answer; anything else thrown is a fault of the service.
    if (!(cause instanceof StoreError))
      ground.broken ??= cause instanceof Error ? cause : new Error(String(cause));
    return null;
  }
}
