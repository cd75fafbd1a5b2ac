import type { StoredArtifact } from "@postern/service";
import type { Databases } from "./databases.ts";
import type { Calls } from "./protocol.ts";

type Answers = {
  readonly [K in
    | "putArtifact"
    | "artifact"
    | "artifactsByUid"
    | "consumeArtifact"
    | "destroyArtifact"
    | "revokeGrant"]: (question: Calls[K]["question"]) => Calls[K]["answer"];
};

const SELECT = `SELECT id, granted AS "grant", uid, box, consumed_at AS consumedAt, until FROM artifacts`;

export function artifacts({ data }: Databases): Answers {
  const put = data.prepare(`
    INSERT INTO artifacts (id, granted, uid, box, until) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE
      SET granted = excluded.granted, uid = excluded.uid, box = excluded.box, until = excluded.until
  `);
  const one = data.prepare(`${SELECT} WHERE id = ?`);
  // `0` is the sign after `/`: the ids of one kind, and no others.
  const byUid = data.prepare(`${SELECT} WHERE uid = ? AND id >= ? || '/' AND id < ? || '0' ORDER BY id`);
  const consume = data.prepare("UPDATE artifacts SET consumed_at = ? WHERE id = ? AND consumed_at IS NULL");
  const destroy = data.prepare("DELETE FROM artifacts WHERE id = ?");
  const revoke = data.prepare("DELETE FROM artifacts WHERE granted = ?");
  return {
    putArtifact({ id, grant, uid, box, until }) {
      put.run(id, grant, uid, box, until);
      return null;
    },
    artifact: (id) => (one.get(id) as unknown as StoredArtifact | undefined) ?? null,
    artifactsByUid: ({ kind, uid }) => byUid.all(uid, kind, kind) as unknown as readonly StoredArtifact[],
    consumeArtifact: ({ id, at }) => consume.run(at, id).changes === 1,
    destroyArtifact: (id) => destroy.run(id).changes === 1,
    revokeGrant(grant) {
      revoke.run(grant);
      return null;
    },
  };
}
