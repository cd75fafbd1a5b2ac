import { hash, type KeyObject } from "node:crypto";
import { milliseconds, plus } from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Artifact, Artifacts, StoredArtifact } from "../ports/artifacts.ts";
import type { Store } from "../ports/store.ts";
import { openBox, type RandomPool, sealBox } from "../seal/box.ts";

/** What protocols handed out, sealed: payloads say who signed in where. */
export function artifacts(parts: {
  readonly store: Pick<Store, "artifacts">;
  readonly clock: Pick<ControlClock, "now">;
  readonly working: KeyObject;
  readonly pool: RandomPool;
}): Artifacts {
  const { store, clock, working, pool } = parts;
  const table = store.artifacts;
  const nameOf = (kind: string, id: string): string => `${kind}/${hash("sha256", id, "base64url")}`;
  const hidden = (text: string | null): string | null =>
    text === null ? null : hash("sha256", text, "base64url");

  const open = ({ id, box, consumedAt, until }: StoredArtifact): Artifact | null => {
    if (clock.now().latest >= until) return null;
    const plain = openBox(working, box, `artifact:${id}`);
    return plain === null ? null : { payload: JSON.parse(Buffer.from(plain).toString("utf8")), consumedAt };
  };
  return {
    async put(kind, id, { payload, grant, uid, seconds }) {
      const name = nameOf(kind, id);
      const plain = Buffer.from(JSON.stringify(payload), "utf8");
      await table.put({
        id: name,
        grant: hidden(grant),
        uid: hidden(uid),
        box: sealBox(working, plain, `artifact:${name}`, pool),
        until: plus(clock.now().earliest, milliseconds(Math.max(0, Math.floor(seconds * 1000)))),
      });
    },
    async get(kind, id) {
      const found = await table.get(nameOf(kind, id));
      return found === null ? null : open(found);
    },
    async byUid(kind, uid) {
      const found = await table.byUid(kind, hidden(uid) ?? "");
      return found.map(open).filter((one) => one !== null);
    },
    consume: (kind, id) => table.consume(nameOf(kind, id), clock.now().latest),
    destroy: (kind, id) => table.destroy(nameOf(kind, id)),
    revokeGrant: (grant) => table.revokeGrant(hidden(grant) ?? ""),
  };
}
