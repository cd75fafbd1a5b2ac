// Loaded before a node (`--import`): its clocks are this machine's, moved by what DRIFT_CLOCK says at each reading. The
// file holds two 64-bit floating-point numbers, in milliseconds: how far the wall clock is ahead, and the monotonic one.
import { openSync, readSync } from "node:fs";

const file = openSync(process.env.DRIFT_CLOCK ?? "", "r");
const numbers = new Float64Array(2);
const bytes = new Uint8Array(numbers.buffer);

function ahead(which: 0 | 1): number {
  readSync(file, bytes, 0, bytes.length, 0);
  return numbers[which] ?? 0;
}

const [wall, monotonic] = [Date.now.bind(Date), performance.now.bind(performance)];
const moved = (): number => Math.floor(wall() + ahead(0));

globalThis.Date = new Proxy(Date, {
  construct: (target, given, as) => Reflect.construct(target, given.length === 0 ? [moved()] : given, as),
  get: (target, name, receiver) => (name === "now" ? moved : Reflect.get(target, name, receiver)),
});
performance.now = () => monotonic() + ahead(1);
