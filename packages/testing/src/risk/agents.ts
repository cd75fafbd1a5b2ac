import type { Dice } from "../crash/seeded.ts";
import { pickEarly } from "./internet.ts";

/** What a person holds in their hands; its browser grows older and newer with the calendar. */
export interface Machine {
  readonly system: string;
  readonly family: string;
  readonly type: "desktop" | "mobile" | "tablet";
  /** How many days its owner is behind the newest version. */
  readonly lag: number;
  readonly model: string;
}

const KINDS: readonly Omit<Machine, "lag" | "model">[] = [
  { system: "Windows 10", family: "Chrome", type: "desktop" },
  { system: "iOS 13", family: "Mobile Safari", type: "mobile" },
  { system: "Mac OS X 10.15", family: "Safari", type: "desktop" },
  { system: "Android 10", family: "Chrome Mobile", type: "mobile" },
  { system: "Windows 10", family: "Edge", type: "desktop" },
  { system: "Mac OS X 10.15", family: "Chrome", type: "desktop" },
  { system: "Windows 10", family: "Firefox", type: "desktop" },
  { system: "Android 9", family: "Samsung Internet", type: "mobile" },
  { system: "Windows 7", family: "Chrome", type: "desktop" },
  { system: "iOS 13", family: "Chrome Mobile iOS", type: "mobile" },
  { system: "iOS 13", family: "Mobile Safari", type: "tablet" },
  { system: "Android 8", family: "Chrome Mobile", type: "mobile" },
  { system: "Linux", family: "Firefox", type: "desktop" },
  { system: "Android 9", family: "Chrome Mobile", type: "tablet" },
  { system: "Ubuntu", family: "Chrome", type: "desktop" },
];

/** Days between releases. What belongs to the system comes seldom. */
const CADENCE: Readonly<Record<string, number>> = { Safari: 75, "Mobile Safari": 70, "Samsung Internet": 90 };

export function machine(dice: Dice, type: "desktop" | "mobile" | "any"): Machine {
  const kinds =
    type === "any" ? KINDS : KINDS.filter((kind) => (kind.type === "desktop") === (type === "desktop"));
  const kind = pickEarly(dice, kinds);
  const models = kind.family === "Mobile Safari" || kind.type === "desktop" ? 1 : 40;
  return { ...kind, lag: Math.floor(dice() ** 3 * 60), model: `M${Math.floor(models ** dice())}` };
}

export function describe(machine: Machine, day: number): { agent: string; browser: string } {
  const every = CADENCE[machine.family] ?? 40;
  const version = 70 + Math.floor(Math.max(0, day - machine.lag) / every);
  const browser = `${machine.family} ${version}.0`;
  return {
    agent: `Mozilla/5.0 (${machine.system}; ${machine.model}) ${machine.family}/${version}.0`,
    browser,
  };
}
