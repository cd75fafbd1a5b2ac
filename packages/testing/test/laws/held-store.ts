import { type Store, StoreError } from "@postern/service";

/** A store whose appends fail, or wait, for as long as it is told. */
export interface HeldStore {
  readonly wrap: (store: Store) => Store;
  /** From now on appends fail with this code; null: they work. */
  fail(code: "unavailable" | "full" | null): void;
  /** From now on appends wait. The answer lets them go on. */
  hold(): () => void;
}

export function heldStore(): HeldStore {
  let failing: "unavailable" | "full" | null = null;
  let gate: Promise<void> = Promise.resolve();
  return {
    wrap: (store) =>
      new Proxy(store, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target);
          if (typeof value !== "function") return value;
          if (name !== "append") return value.bind(target);
          return async (batch: Parameters<Store["append"]>[0]) => {
            await gate;
            if (failing !== null) throw new StoreError(failing, "the disk does not answer", "no");
            return target.append(batch);
          };
        },
      }),
    fail(code) {
      failing = code;
    },
    hold() {
      let release = (): void => undefined;
      gate = new Promise((resolve) => {
        release = resolve;
      });
      return () => release();
    },
  };
}
