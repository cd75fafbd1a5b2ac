import { mapKey } from "./comparison.ts";
import { faulted } from "./fault.ts";
import { type Binary, refuse } from "./step.ts";
import { type CelValue, isList, isMap, isUint, type Result } from "./value.ts";

/** `list[i]` and `map[key]`. */
export const member: Binary = (x, key, at) => {
  if (isList(x)) return element(x, key, at);
  return isMap(x) ? entry(x, key, at) : refuse(x, at);
};

function element(list: readonly CelValue[], key: CelValue, at: string): Result {
  const position = isUint(key) ? key.value : key;
  if (typeof position !== "bigint" && typeof position !== "number") return refuse(key, at);
  // A position past the end, negative or with a fraction finds nothing.
  return list[Number(position)] ?? faultAt(list, Number(position), at);
}

function faultAt(list: readonly CelValue[], position: number, at: string): Result {
  return list[position] === null ? null : faulted("index", at);
}

function entry(map: ReadonlyMap<string | boolean | bigint, CelValue>, key: CelValue, at: string): Result {
  const found = mapKey(key);
  if (found === undefined) return faulted("no-such-key", at);
  const value = map.get(found);
  return value === undefined ? faulted("no-such-key", at) : value;
}
