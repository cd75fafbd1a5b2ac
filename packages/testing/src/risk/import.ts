import { createReadStream } from "node:fs";
import { COLUMNS, isOwn, type SignIn } from "./sign-in.ts";

const MOST_HOSTILE = 100_000;

/**
 * Reads the published file, row by row, and keeps those of the first people who signed in often enough, and of
 * attacking addresses. It is read twice, first to count alone: most of its millions of people signed in once or twice.
 * Sign-ins that took an account over are nobody's history. Throws where the file has no such columns. What is no row
 * of these columns is left out and counted.
 */
export async function importRows(
  path: string,
  keep: { readonly people: number; readonly signIns: number },
): Promise<{ readonly rows: SignIn[]; readonly unreadable: number }> {
  const counts = new Map<string, number>();
  let unreadable = 0;
  for await (const row of rowsOf(path)) {
    if (row === null) unreadable += 1;
    else if (isOwn(row)) {
      const count = counts.get(row.user);
      if (count === undefined) counts.set(apart(row.user), 1);
      else counts.set(row.user, count + 1);
    }
  }
  const left = new Map<string, number>();
  for (const [user, count] of counts) {
    if (left.size >= keep.people) break;
    if (count >= keep.signIns) left.set(user, keep.signIns);
  }
  counts.clear();
  const rows: SignIn[] = [];
  let hostile = 0;
  for await (const row of rowsOf(path)) {
    if (row === null) continue;
    if (row.attackAddress) {
      if (hostile++ < MOST_HOSTILE) rows.push(rowApart(row));
      continue;
    }
    const more = isOwn(row) ? (left.get(row.user) ?? 0) : 0;
    if (more === 0) continue;
    left.set(row.user, more - 1);
    rows.push(rowApart(row));
  }
  return { rows: rows.sort((a, b) => a.at - b.at), unreadable };
}

async function* rowsOf(path: string): AsyncGenerator<SignIn | null> {
  let names: readonly string[] | null = null;
  for await (const cells of csvRows(createReadStream(path, "utf8"))) {
    if (names !== null) {
      yield rowOf(names, cells);
      continue;
    }
    names = cells.map(apart);
    const missing = Object.values(COLUMNS).find((name) => !cells.includes(name));
    if (missing !== undefined) throw new Error(`expected the column \`${missing}\`, got none`);
  }
}

/** A part of a longer text keeps the whole of it in memory: what is kept is a text of its own. */
function apart(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}

function rowApart(row: SignIn): SignIn {
  const own = Object.entries(row).map(([name, value]) => [
    name,
    typeof value === "string" ? apart(value) : value,
  ]);
  return Object.fromEntries(own) as SignIn;
}

function rowOf(names: readonly string[], cells: readonly string[]): SignIn | null {
  const cell = (column: keyof SignIn): string => cells[names.indexOf(COLUMNS[column])] ?? "";
  const flag = (column: keyof SignIn): boolean => cell(column).toLowerCase() === "true";
  const [asn, roundTrip] = [Number(cell("asn")), Number(cell("roundTrip"))];
  const at = timeOf(cell("at"));
  if (cells.length < names.length || at === null || !Number.isInteger(asn) || cell("user") === "")
    return null;
  return {
    address: cell("address"),
    country: cell("country"),
    region: cell("region"),
    city: cell("city"),
    asn,
    agent: cell("agent"),
    system: cell("system"),
    browser: cell("browser"),
    deviceType: cell("deviceType"),
    user: cell("user"),
    at,
    roundTrip: cell("roundTrip") === "" || !Number.isFinite(roundTrip) ? null : roundTrip,
    successful: flag("successful"),
    attackAddress: flag("attackAddress"),
    takenOver: flag("takenOver"),
  };
}

/** Milliseconds as a whole number, or a date and time in UTC. */
function timeOf(text: string): number | null {
  const at = /^\d+$/.test(text) ? Number(text) : Date.parse(`${text.replace(" ", "T")}Z`);
  return Number.isSafeInteger(Math.floor(at)) ? Math.floor(at) : null;
}

/** RFC 4180, over pieces of any size. */
export async function* csvRows(pieces: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string[]> {
  let [row, cell, quoted, after]: [string[], string, boolean, boolean] = [[], "", false, false];
  const special = /[",\r\n]/g;
  for await (const piece of pieces) {
    let at = 0;
    while (at < piece.length) {
      if (quoted) {
        const quote = piece.indexOf('"', at);
        const end = quote < 0 ? piece.length : quote;
        cell += piece.slice(at, end);
        [quoted, after] = [quote < 0, quote >= 0];
        at = end + 1;
        continue;
      }
      if (piece[at] === '"') {
        if (after) cell += '"';
        [quoted, after] = [true, false];
        at += 1;
        continue;
      }
      special.lastIndex = at;
      const end = special.exec(piece)?.index ?? piece.length;
      cell += piece.slice(at, end);
      after = false;
      const letter = piece[end];
      at = letter === '"' ? end : end + 1;
      if (letter !== "," && letter !== "\n") continue;
      row.push(cell);
      cell = "";
      if (letter === ",") continue;
      yield row;
      row = [];
    }
  }
  if (cell !== "" || row.length > 0) yield [...row, cell];
}
