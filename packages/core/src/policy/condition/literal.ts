import { mapKey } from "./comparison.ts";
import { faulted } from "./fault.ts";
import type { Step } from "./step.ts";
import { type CelValue, isFault, isUint } from "./value.ts";

export function listOf(items: readonly Step[]): Step {
  return (bindings) => {
    const list: CelValue[] = [];
    for (const item of items) {
      const value = item(bindings);
      if (isFault(value)) return value;
      list.push(value);
    }
    return list;
  };
}

/** A map from the steps of its keys and of their values, in one order. */
export function mapOf(keys: readonly Step[], values: readonly Step[], label: string): Step {
  return (bindings) => {
    const map = new Map<string | boolean | bigint, CelValue>();
    const unsigned = new Set<bigint>();
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]?.(bindings) ?? null;
      if (isFault(key)) return key;
      const value = values[i]?.(bindings) ?? null;
      if (isFault(value)) return value;
      const found = typeof key === "number" ? undefined : mapKey(key);
      if (found === undefined) return faulted("no-such-overload", label);
      if (map.has(found)) return faulted("duplicate-key", label);
      if (isUint(key)) unsigned.add(key.value);
      map.set(found, value);
    }
    return unsigned.size === 0 ? map : Object.assign(map, { unsigned });
  };
}
