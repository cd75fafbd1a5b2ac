import { type Dice, seeded } from "../crash/seeded.ts";

/** What clients ask of nodes. */
export type ActName =
  | "ask"
  | "sign in with one factor"
  | "sign in with two factors"
  | "opt out"
  | "approve"
  | "deny"
  | "suspend"
  | "resume"
  | "narrow by a manager"
  | "review"
  | "withdraw"
  | "revoke"
  | "renew"
  | "end a session"
  | "lock"
  | "lift"
  | "switch policy"
  | "forget somebody"
  | "rotate a key"
  | "accept the time";

/** What goes wrong. */
export type TroubleName =
  | "cut a line"
  | "lose messages"
  | "slow lines"
  | "lose the next answer"
  | "jump a clock"
  | "drift a clock"
  | "freeze a machine"
  | "fill the disk"
  | "fail the next write"
  | "fail over"
  | "fail over with lost tail"
  | "jump the store's clock"
  | "kill a node"
  | "leave or join"
  | "tamper with a row"
  | "heal and look";

/** Numbers from 0 to 1 that a step chooses by: what they choose among is what there is when it runs. */
export interface Picks {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

export interface Step {
  readonly what: ActName | TroubleName;
  readonly node: number;
  readonly picks: Picks;
  /** Milliseconds that pass afterwards. */
  readonly wait: number;
}

/** How often each is drawn, against the others. */
const WEIGHTS: Readonly<Record<ActName | TroubleName, number>> = {
  ask: 60,
  "sign in with one factor": 7,
  "sign in with two factors": 6,
  "opt out": 10,
  approve: 7,
  deny: 1,
  suspend: 2,
  resume: 3,
  "narrow by a manager": 1,
  review: 1,
  withdraw: 1,
  revoke: 6,
  renew: 1,
  "end a session": 2,
  lock: 2,
  lift: 2,
  "switch policy": 2,
  "forget somebody": 1.4,
  "rotate a key": 0.8,
  "accept the time": 1,
  "cut a line": 2.5,
  "lose messages": 2,
  "slow lines": 1,
  "lose the next answer": 2,
  "jump a clock": 1,
  "drift a clock": 1,
  "freeze a machine": 1,
  "fill the disk": 0.4,
  "fail the next write": 1,
  "fail over": 0.25,
  "fail over with lost tail": 0.2,
  "jump the store's clock": 0.06,
  "kill a node": 0.3,
  "leave or join": 0.3,
  "tamper with a row": 0.12,
  "heal and look": 0.12,
};

const NAMES = Object.keys(WEIGHTS) as readonly (ActName | TroubleName)[];
const TOTAL: number = NAMES.reduce((sum, name) => sum + WEIGHTS[name], 0);

/** The steps of a seed. What a step does depends on the world it finds, so that steps can be taken out. */
export function drawSteps(seed: number, count: number): readonly Step[] {
  const dice = seeded(seed ^ 0x5bd1e995);
  return Array.from({ length: count }, () => ({
    what: drawName(dice),
    node: dice(),
    picks: { a: dice(), b: dice(), c: dice(), d: dice() },
    wait: drawWait(dice),
  }));
}

function drawName(dice: Dice): ActName | TroubleName {
  let left = dice() * TOTAL;
  for (const name of NAMES) {
    left -= WEIGHTS[name];
    if (left < 0) return name;
  }
  return "ask";
}

/** Most things happen at once with others; now and then a lease runs out before the next. */
function drawWait(dice: Dice): number {
  const kind = dice();
  if (kind < 0.75) return dice() * 8;
  if (kind < 0.96) return dice() * 120;
  return kind < 0.99 ? dice() * 1_500 : dice() * 8_000;
}

export function pick<Item>(list: readonly Item[], at: number): Item | null {
  return list[Math.floor(at * list.length)] ?? null;
}
