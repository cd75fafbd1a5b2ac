import type { Projection, WrappedKey } from "@postern/service";
import type { Databases } from "./databases.ts";
import type { Calls } from "./protocol.ts";

/** What was appended after a size. One call of the worker, so nothing moves between its reads. */
export function tail({ data, keyring }: Databases): (question: number) => Calls["tail"]["answer"] {
  const leaves = data.prepare("SELECT leaf FROM entries WHERE position >= ? ORDER BY position");
  const rows = data.prepare(
    "SELECT projection, id, body, entry, leaf, tag FROM rows WHERE entry >= ? ORDER BY entry",
  );
  const key = keyring.prepare("SELECT id, wrapped_by, box FROM keys WHERE lost = 0 AND id = ?");
  return (from) => {
    const found = rows.all(from).map((row) => ({
      projection: row.projection as Projection,
      id: String(row.id),
      body: String(row.body),
      entry: Number(row.entry),
      leaf: row.leaf as Uint8Array,
      tag: row.tag as Uint8Array,
    }));
    return {
      leaves: new Uint8Array(Buffer.concat(leaves.all(from).map((row) => row.leaf as Uint8Array))),
      rows: found,
      keys: found
        .filter(({ projection }) => projection === "entities" || projection === "keys")
        .flatMap(({ id }): WrappedKey[] => {
          const row = key.get(id);
          return row === undefined
            ? []
            : [{ id, wrappedBy: String(row.wrapped_by), box: row.box as Uint8Array }];
        }),
    };
  };
}
