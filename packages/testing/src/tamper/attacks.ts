import { createHash } from "node:crypto";
import { type PlainSql, quoted } from "./plain-sql.ts";
import type { Stage } from "./stage.ts";

/** What the verifier must name. */
export type Named =
  | { readonly entry: number }
  | { readonly row: string }
  | { readonly revision: string }
  | { readonly key: string }
  | "head"
  | "kept head";

export interface Scene {
  readonly db: PlainSql;
  /** The copy from before the lock and the revocation. */
  readonly earlier: PlainSql;
  readonly stage: Stage;
}

export interface Attack {
  readonly name: string;
  /** Changes the database and answers what must be named. */
  readonly change: (scene: Scene) => Named;
  /** The entry that an export verified offline must name, where one can be told from an export. */
  readonly exported?: true;
  /** The node does not start at all, and says why. */
  readonly refusesToStart?: true;
  /** People with a second step get in as ever; false where what says so was itself destroyed. */
  readonly lettingIn?: false;
}

type Cells = Readonly<Record<string, string | number | null>>;

const last = (db: PlainSql, where: string): number => {
  const [row] = db.rows(`SELECT max(position) AS position FROM entries WHERE ${where}`);
  if (typeof row?.position !== "number") throw new Error(`no entry where ${where}`);
  return row.position;
};

/** Where a person's opt-out was granted: the latest entry of its row. */
const grantOf = (db: PlainSql, optOut: string): number =>
  last(db, `body LIKE '%opt-out.granted%' AND body LIKE '%${optOut}%'`);

const bodyOf = (db: PlainSql, position: number): string =>
  String(db.rows(`SELECT body FROM entries WHERE position = ${position}`)[0]?.body);

const leafOf = (text: string): string =>
  createHash("sha256")
    .update(Buffer.from([0]))
    .update(text, "utf8")
    .digest("hex");

const row = (db: PlainSql, projection: string, id: string): Cells => {
  const [found] = db.rows(
    `SELECT id, entry, ${db.hex("leaf")} AS leaf, ${db.hex("tag")} AS tag, body FROM rows WHERE projection = '${projection}' AND id = '${id}'`,
  );
  if (found === undefined) throw new Error(`there is no row ${projection}/${id}`);
  return found;
};

const putRow = (db: PlainSql, projection: string, id: string, { entry, leaf, tag, body }: Cells): void =>
  db.run(`
    DELETE FROM rows WHERE projection = '${projection}' AND id = '${id}';
    INSERT INTO rows (projection, id, entry, leaf, tag, body) VALUES ('${projection}', '${id}', ${entry},
      ${db.bytes(String(leaf))}, ${db.bytes(String(tag))}, ${quoted(String(body))});
  `);

const editRow = (db: PlainSql, projection: string, id: string, edit: (body: string) => string): Named => {
  const found = row(db, projection, id);
  const body = edit(String(found.body));
  if (body === found.body) throw new Error("the edit changed nothing");
  putRow(db, projection, id, { ...found, body });
  return { row: `${projection}/${id}` };
};

const later = (text: string): string =>
  text.replace(/"expiresAt":(\d+)/, (_, at: string) => `"expiresAt":${Number(at) + 31_536_000_000}`);

const laterText = (text: string): string =>
  text.replace(
    /"expiresAt":("?)(\d{4})/,
    (_, quote: string, year: string) => `"expiresAt":${quote}${Number(year) + 1}`,
  );

/** What stands at each of these positions moves one on, the last to the first. */
const rotate = (db: PlainSql, positions: readonly number[]): void => {
  const found = positions.map(
    (position) =>
      db.rows(`SELECT ${db.hex("leaf")} AS leaf, body FROM entries WHERE position = ${position}`)[0],
  );
  positions.forEach((position, at) => {
    const from = found[(at + positions.length - 1) % positions.length];
    db.run(
      `UPDATE entries SET leaf = ${db.bytes(String(from?.leaf))}, body = ${quoted(String(from?.body))} WHERE position = ${position}`,
    );
  });
};

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

export const ATTACKS: readonly Attack[] = [
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
  {
    name: "an opt-out's end moved to next year",
    change: ({ db, stage }) => editRow(db, "opt_outs", stage.ana.optOut, (body) => laterText(later(body))),
  },
  {
    name: "the lock deleted",
    change({ db, stage }) {
      db.run(`DELETE FROM rows WHERE projection = 'locks' AND id = '${stage.lena.lock}'`);
      return { row: `locks/${stage.lena.lock}` };
    },
  },
  {
    name: "the lock lifted in its row",
    change: ({ db, stage }) =>
      editRow(db, "locks", stage.lena.lock, (body) => body.replace('"liftedAt":null', '"liftedAt":1')),
  },
  {
    name: "the lock deleted, the head's account of locks put back",
    change({ db, earlier, stage }) {
      const [head] = earlier.rows("SELECT digests FROM head");
      db.run(`
        DELETE FROM rows WHERE projection = 'locks' AND id = '${stage.lena.lock}';
        UPDATE head SET digests = ${quoted(String(head?.digests))};
      `);
      return "head";
    },
  },
  {
    name: "the revocation undone: the row from before it put back",
    change({ db, earlier, stage }) {
      putRow(db, "opt_outs", stage.rita.optOut, row(earlier, "opt_outs", stage.rita.optOut));
      return { row: `opt_outs/${stage.rita.optOut}` };
    },
  },
  {
    name: "the revoked opt-out's row deleted",
    change({ db, stage }) {
      db.run(`DELETE FROM rows WHERE projection = 'opt_outs' AND id = '${stage.rita.optOut}'`);
      return { row: `opt_outs/${stage.rita.optOut}` };
    },
  },
  {
    name: "two opt-outs' contents swapped",
    change({ db, stage }) {
      const [ana, rita] = [row(db, "opt_outs", stage.ana.optOut), row(db, "opt_outs", stage.rita.optOut)];
      putRow(db, "opt_outs", stage.ana.optOut, rita);
      putRow(db, "opt_outs", stage.rita.optOut, ana);
      return { row: `opt_outs/${stage.rita.optOut}` };
    },
  },
  {
    name: "an opt-out put in",
    change({ db, stage }) {
      const id = `${stage.ana.optOut.slice(0, -4)}zzzz`;
      putRow(db, "opt_outs", id, row(db, "opt_outs", stage.ana.optOut));
      return { row: `opt_outs/${id}` };
    },
  },
  {
    name: "the count of uses put back",
    change({ db, earlier, stage }) {
      putRow(db, "uses", stage.ana.optOut, row(earlier, "uses", stage.ana.optOut));
      return { row: `uses/${stage.ana.optOut}` };
    },
  },
  {
    name: "a session's level raised",
    change: ({ db, stage }) =>
      editRow(db, "sessions", stage.rita.session, (body) => body.replace('"acr":"aal1"', '"acr":"aal2"')),
  },
  {
    name: "an ended session put back",
    change({ db, earlier, stage }) {
      putRow(db, "sessions", stage.ended, row(earlier, "sessions", stage.ended));
      return { row: `sessions/${stage.ended}` };
    },
  },
  {
    name: "a token's scopes widened",
    change: ({ db, stage }) =>
      editRow(db, "tokens", stage.reader.id, (body) => body.replace('["opt-outs.read"]', '["admin"]')),
  },
  {
    name: "the head row edited",
    change({ db }) {
      db.run("UPDATE head SET epoch = epoch + 1");
      return "head";
    },
  },
  {
    name: "the head row's size edited",
    change({ db }) {
      db.run("UPDATE head SET size = size - 2");
      return "head";
    },
  },
  {
    name: "the head row made unreadable",
    change({ db }) {
      db.run(`UPDATE head SET digests = 'none', range = ${db.bytes("00")}`);
      return "head";
    },
  },
  {
    name: "a sealed reason changed",
    change({ db }) {
      const [found] = db.rows(
        `SELECT entry, ordinal, ${db.hex("box")} AS box FROM sealed WHERE pointer = '/sealed/reason' ORDER BY entry LIMIT 1`,
      );
      const box = String(found?.box);
      const flipped = `${box.slice(0, 40)}${box[40] === "0" ? "1" : "0"}${box.slice(41)}`;
      db.run(
        `UPDATE sealed SET box = ${db.bytes(flipped)} WHERE entry = ${found?.entry} AND ordinal = ${found?.ordinal}`,
      );
      return { entry: Number(found?.entry) };
    },
  },
  {
    name: "a sealed reason deleted",
    change({ db }) {
      const [found] = db.rows("SELECT max(entry) AS entry FROM sealed WHERE pointer = '/sealed/reason'");
      db.run(`DELETE FROM sealed WHERE entry = ${found?.entry} AND pointer = '/sealed/reason'`);
      return { entry: Number(found?.entry) };
    },
  },
  {
    name: "a person's wrapped key changed",
    change({ db, stage }) {
      const { subject } = JSON.parse(String(row(db, "sessions", stage.rita.session).body)) as {
        readonly subject: string;
      };
      const [kept] = db.rows(`SELECT ${db.hex("box")} AS box FROM keys WHERE id = '${subject}'`);
      const box = String(kept?.box);
      const flipped = `${box.slice(0, 40)}${box[40] === "0" ? "1" : "0"}${box.slice(41)}`;
      db.run(`UPDATE keys SET box = ${db.bytes(flipped)} WHERE id = '${subject}'`);
      return { key: subject };
    },
  },
  {
    name: "the checkpoint key replaced by another",
    change({ db }) {
      const [other] = db.rows(`SELECT ${db.hex("box")} AS box FROM keys WHERE id = 'assertion/1'`);
      db.run(`UPDATE keys SET box = ${db.bytes(String(other?.box))} WHERE id = 'checkpoint/1'`);
      return { key: "checkpoint/1" };
    },
  },
  {
    name: "the policy's text changed",
    lettingIn: false,
    change({ db, stage }) {
      db.run(`UPDATE documents SET text = replace(text, 'aal2', 'aal1') WHERE id = '${stage.revision}'`);
      return { revision: stage.revision };
    },
  },
  {
    name: "the head row deleted",
    refusesToStart: true,
    change({ db }) {
      db.run("DELETE FROM head");
      return "head";
    },
  },
  {
    name: "everything deleted",
    refusesToStart: true,
    change({ db }) {
      for (const table of ["entries", "sealed", "rows", "checkpoints", "documents"])
        db.run(`DELETE FROM ${table}`);
      db.run(
        db.kind === "sqlite"
          ? "DELETE FROM head"
          : "UPDATE head SET size = 0, range = '', epoch = 0, at = 0, digests = '', mac = '', batch = NULL",
      );
      return "kept head";
    },
  },
];
