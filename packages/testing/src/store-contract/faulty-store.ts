import { type Appended, type Batch, type Store, StoreError } from "@postern/service";

export type AppendFault = "fails-before-it-is-written" | "fails-but-persisted";

/** A store whose next appends fail as planned, one fault for each append; afterwards it is as good as the other. */
export function faultyStore(store: Store, plan: readonly AppendFault[]): Store {
  const faults = [...plan];
  const append = async (batch: Batch): Promise<Appended> => {
    const fault = faults.shift();
    switch (fault) {
      case undefined:
        return store.append(batch);
      case "fails-before-it-is-written":
        throw new StoreError("unavailable", "the connection was refused", "no");
      case "fails-but-persisted":
        await store.append(batch);
        throw new StoreError("unavailable", "the connection was lost", "unknown");
    }
  };
  return new Proxy(store, {
    get(target, name) {
      if (name === "append") return append;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
