import { instant } from "@postern/core";
import type { ArtifactTable, StoredArtifact } from "@postern/service";
import type { Connection, Row } from "./connection.ts";

const SELECT = "SELECT id, granted, uid, box, consumed_at, until FROM postern.artifacts";

/** Over a connection whose commits are durable: what was used up on one node is used up on all. */
export function artifacts(pool: Connection): ArtifactTable {
  return {
    async put({ id, grant, uid, box, until }) {
      await pool.query(
        `INSERT INTO postern.artifacts (id, granted, uid, box, until)
         VALUES ($1::text, $2::text, $3::text, decode($4::text, 'hex'), $5::bigint)
         ON CONFLICT (id) DO UPDATE
         SET granted = excluded.granted, uid = excluded.uid, box = excluded.box, until = excluded.until`,
        [id, grant, uid, Buffer.from(box).toString("hex"), String(until)],
      );
    },
    async get(id) {
      const [row] = await pool.query(`${SELECT} WHERE id = $1::text`, [id]);
      return row === undefined ? null : artifactOf(row);
    },
    async byUid(kind, uid) {
      // `0` is the sign after `/`: the ids of one kind, and no others.
      const rows = await pool.query(
        `${SELECT} WHERE uid = $1::text AND id >= $2::text AND id < $3::text ORDER BY id`,
        [uid, `${kind}/`, `${kind}0`],
      );
      return rows.map(artifactOf);
    },
    async consume(id, at) {
      const done = await pool.query(
        `UPDATE postern.artifacts SET consumed_at = $2::bigint
         WHERE id = $1::text AND consumed_at IS NULL RETURNING 1 AS one`,
        [id, String(at)],
      );
      return done.length === 1;
    },
    async destroy(id) {
      const done = await pool.query("DELETE FROM postern.artifacts WHERE id = $1::text RETURNING 1 AS one", [
        id,
      ]);
      return done.length === 1;
    },
    async revokeGrant(grant) {
      await pool.query("DELETE FROM postern.artifacts WHERE granted = $1::text RETURNING 1 AS one", [grant]);
    },
  };
}

function artifactOf(row: Row): StoredArtifact {
  return {
    id: String(row.id),
    grant: row.granted === null ? null : String(row.granted),
    uid: row.uid === null ? null : String(row.uid),
    box: new Uint8Array(row.box as Uint8Array),
    consumedAt: row.consumed_at === null ? null : instant(Number(row.consumed_at)),
    until: instant(Number(row.until)),
  };
}
