import { setTimeout as sleep } from "node:timers/promises";
import type { Store } from "@postern/service";
import { between, type Dice } from "../crash/seeded.ts";

/** Where something on its way is held: before the database is asked, after it has answered, or at the application. */
export const POINTS = [
  "append:asked",
  "append:answered",
  "artifact get:asked",
  "artifact get:answered",
  "artifact put:asked",
  "artifact put:answered",
  "artifact consume:asked",
  "artifact consume:answered",
  "application:answer",
] as const;
export type Point = (typeof POINTS)[number];

/** Milliseconds for which each point holds whatever passes it. */
export type Plan = ReadonlyMap<Point, number>;

export interface Points {
  plan: Plan;
  /** How often each point held something. */
  readonly held: Map<Point, number>;
  at(point: Point): Promise<void>;
  readonly store: (store: Store) => Store;
}

const NOTHING: Plan = new Map();
const LENGTHS = [0, 0, 0, 1, 2, 5, 12, 30];

export function drawPlan(dice: Dice): Plan {
  return new Map(POINTS.map((point) => [point, LENGTHS[between(dice, 0, LENGTHS.length - 1)] ?? 0]));
}

export function createPoints(): Points {
  const points: Points = {
    plan: NOTHING,
    held: new Map(),
    async at(point) {
      const length = points.plan.get(point) ?? 0;
      if (length === 0) return;
      points.held.set(point, (points.held.get(point) ?? 0) + 1);
      await sleep(length);
    },
    store(store) {
      const around = async <Value>(name: string, run: () => Promise<Value>): Promise<Value> => {
        await points.at(`${name}:asked` as Point);
        const value = await run();
        await points.at(`${name}:answered` as Point);
        return value;
      };
      const { artifacts } = store;
      const heldArtifacts = new Proxy(artifacts, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target);
          if (typeof value !== "function") return value;
          const call = (...given: readonly unknown[]) =>
            Reflect.apply(value, target, given) as Promise<unknown>;
          if (name !== "get" && name !== "put" && name !== "consume") return call;
          return (...given: readonly unknown[]) => around(`artifact ${name}`, () => call(...given));
        },
      });
      return new Proxy(store, {
        get(target, name) {
          if (name === "artifacts") return heldArtifacts;
          const value: unknown = Reflect.get(target, name, target);
          if (typeof value !== "function") return value;
          if (name !== "append") return value.bind(target);
          return (batch: Parameters<Store["append"]>[0]) => around("append", () => target.append(batch));
        },
      });
    },
  };
  return points;
}
