import { StoreError } from "@postern/service";
import type { Ground } from "./ground.ts";

/** Reads the log with a cursor, from whichever node it reaches, through a network that loses and repeats. */
export interface Receiver {
  /** Asks for what follows, unless a question is under way. */
  poll(): void;
  size(): number;
}

export function receiver(ground: Ground): Receiver {
  const { time, dice, rules, opening } = ground;
  let copy: string[] = [];
  let lives = ground.losses;
  let asking = false;

  async function ask(): Promise<void> {
    const node = ground.nodes[Math.floor(dice() * ground.nodes.length)];
    if (node?.service == null || node.machine.frozen()) return;
    const { service } = node;
    const into = copy;
    const from = Math.max(copy.length - (dice() < 0.2 ? 2 : 0), 0);
    const read = await service.ledger.entries(opening.admin, from, 40);
    if (!read.ok || dice() < node.trouble.loss) return;
    await new Promise<void>((resolve) => time.at(dice() * 5, resolve));
    // It started over meanwhile, or must before it reads on.
    if (ground.losses !== lives || ground.lossOpen || copy !== into) return;
    for (const { index, leafHash } of read.value) {
      if (index < copy.length) {
        rules.check(
          "readers see each entry once and in order",
          copy[index] === leafHash,
          () => `entry ${index} was another when it was read before`,
        );
        continue;
      }
      rules.check(
        "readers see each entry once and in order",
        index === copy.length,
        () => `entry ${index} came after ${copy.length - 1}`,
      );
      copy.push(leafHash);
    }
  }

  return {
    size: () => copy.length,
    poll() {
      if (ground.losses !== lives && !ground.lossOpen) {
        // The end of the log that was lost may be among what was read: the reader starts over.
        lives = ground.losses;
        copy = [];
      }
      if (asking) return;
      asking = true;
      const done = (): void => {
        asking = false;
      };
      time.at(2_000, done);
      ask().then(done, (cause: unknown) => {
        done();
        if (!(cause instanceof StoreError)) ground.broken ??= cause as Error;
      });
    },
  };
}
