import type { Attack, Named, Scene } from "./attack.ts";
import { quoted } from "./plain-sql.ts";
import { bodyOf, grantOf, last, later, laterText, leafOf, putRow, rotate } from "./stored.ts";

/** Entries, rows and head as in the earlier copy; all else stays. */
const cutBack = ({ db, earlier }: Scene): Named => {
  const [head] = earlier.rows(
    `SELECT size, ${earlier.hex("range")} AS range, epoch, at, digests, ${earlier.hex("mac")} AS mac, batch FROM head`,
  );
  if (head === undefined) throw new Error("the earlier copy has no head");
  db.run(`
    DELETE FROM entries WHERE position >= ${head.size};
    DELETE FROM sealed WHERE entry >= ${head.size};
    DELETE FROM checkpoints WHERE size > ${head.size};
    DELETE FROM rows;
    UPDATE head SET size = ${head.size}, range = ${db.bytes(String(head.range))}, epoch = ${head.epoch}, at = ${head.at},
      digests = ${quoted(String(head.digests))}, mac = ${db.bytes(String(head.mac))}, batch = ${quoted(String(head.batch))};
  `);
  for (const one of earlier.rows(
    `SELECT projection, id, entry, ${earlier.hex("leaf")} AS leaf, ${earlier.hex("tag")} AS tag, body FROM rows`,
  ))
    putRow(db, String(one.projection), String(one.id), one);
  return "kept head";
};

export const ATTACKS_ON_ENTRIES: readonly Attack[] = [
  {
    name: "an entry's text edited",
    exported: true,
    change({ db, stage }) {
      const position = grantOf(db, stage.ana.optOut);
      const body = bodyOf(db, position);
      const text = laterText(later(body));
      if (text === body) throw new Error("the edit changed nothing");
      db.run(`UPDATE entries SET body = ${quoted(text)} WHERE position = ${position}`);
      return { entry: position };
    },
  },
  {
    name: "an entry's text edited, its hash made to fit",
    exported: true,
    change({ db, stage }) {
      const position = grantOf(db, stage.ana.optOut);
      const text = laterText(later(bodyOf(db, position)));
      db.run(
        `UPDATE entries SET body = ${quoted(text)}, leaf = ${db.bytes(leafOf(text))} WHERE position = ${position}`,
      );
      return { entry: position };
    },
  },
  {
    name: "an entry deleted",
    exported: true,
    change({ db, stage }) {
      const position = last(db, `body LIKE '%opt-out.revoked%' AND body LIKE '%${stage.rita.optOut}%'`);
      db.run(`DELETE FROM entries WHERE position = ${position}`);
      return { entry: position };
    },
  },
  {
    name: "two entries swapped",
    exported: true,
    change({ db, stage }) {
      const position = grantOf(db, stage.ana.optOut);
      rotate(db, [position, grantOf(db, stage.lena.optOut)]);
      return { entry: position };
    },
  },
  {
    name: "three entries reordered",
    exported: true,
    change({ db, stage }) {
      const position = grantOf(db, stage.ana.optOut);
      rotate(db, [position, position + 1, position + 2]);
      return { entry: position };
    },
  },
  {
    name: "the last two entries deleted, the head left",
    exported: true,
    change({ db }) {
      const position = last(db, "true") - 1;
      db.run(`DELETE FROM entries WHERE position >= ${position}`);
      return { entry: position };
    },
  },
  { name: "the log's tail cut, head and rows put back to fit", change: cutBack },
];
