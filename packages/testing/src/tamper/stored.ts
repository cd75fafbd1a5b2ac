import { createHash } from "node:crypto";
import type { Named } from "./attack.ts";
import { type PlainSql, quoted } from "./plain-sql.ts";

export type Cells = Readonly<Record<string, string | number | null>>;

export const last = (db: PlainSql, where: string): number => {
  const [row] = db.rows(`SELECT max(position) AS position FROM entries WHERE ${where}`);
  if (typeof row?.position !== "number") throw new Error(`no entry where ${where}`);
  return row.position;
};

/** Where a person's opt-out was granted: the latest entry of its row. */
export const grantOf = (db: PlainSql, optOut: string): number =>
  last(db, `body LIKE '%opt-out.granted%' AND body LIKE '%${optOut}%'`);

export const bodyOf = (db: PlainSql, position: number): string =>
  String(db.rows(`SELECT body FROM entries WHERE position = ${position}`)[0]?.body);

export const leafOf = (text: string): string =>
  createHash("sha256")
    .update(Buffer.from([0]))
    .update(text, "utf8")
    .digest("hex");

export const row = (db: PlainSql, projection: string, id: string): Cells => {
  const [found] = db.rows(
    `SELECT id, entry, ${db.hex("leaf")} AS leaf, ${db.hex("tag")} AS tag, body FROM rows WHERE projection = '${projection}' AND id = '${id}'`,
  );
  if (found === undefined) throw new Error(`there is no row ${projection}/${id}`);
  return found;
};

export const putRow = (
  db: PlainSql,
  projection: string,
  id: string,
  { entry, leaf, tag, body }: Cells,
): void =>
  db.run(`
    DELETE FROM rows WHERE projection = '${projection}' AND id = '${id}';
    INSERT INTO rows (projection, id, entry, leaf, tag, body) VALUES ('${projection}', '${id}', ${entry},
      ${db.bytes(String(leaf))}, ${db.bytes(String(tag))}, ${quoted(String(body))});
  `);

export const editRow = (
  db: PlainSql,
  projection: string,
  id: string,
  edit: (body: string) => string,
): Named => {
  const found = row(db, projection, id);
  const body = edit(String(found.body));
  if (body === found.body) throw new Error("the edit changed nothing");
  putRow(db, projection, id, { ...found, body });
  return { row: `${projection}/${id}` };
};

export const later = (text: string): string =>
  text.replace(/"expiresAt":(\d+)/, (_, at: string) => `"expiresAt":${Number(at) + 31_536_000_000}`);

export const laterText = (text: string): string =>
  text.replace(
    /"expiresAt":("?)(\d{4})/,
    (_, quote: string, year: string) => `"expiresAt":${quote}${Number(year) + 1}`,
  );

/** What stands at each of these positions moves one on, the last to the first. */
export const rotate = (db: PlainSql, positions: readonly number[]): void => {
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
