import { createReadStream } from "node:fs";
import { COLUMNS, type SignIn } from "./sign-in.ts";

/**
 * Reads the published file, row by row, and keeps those of people who signed in often enough, and of attacking
 * addresses. Throws where the file has no such columns. What is no row of these columns is left out and counted.
 */
export async function importRows(
  path: string,
  keep: { readonly people: number; readonly signIns: number },
): Promise<{ readonly rows: SignIn[]; readonly unreadable: number }> {
  const byUser = new Map<string, SignIn[]>();
  const hostile: SignIn[] = [];
  let names: readonly string[] | null = null;
  let unreadable = 0;
  for await (const cells of csvRows(createReadStream(path, "utf8"))) {
    if (names === null) {
      names = cells;
      const missing = Object.values(COLUMNS).find((name) => !cells.includes(name));
      if (missing !== undefined) throw new Error(`expected the column \`${missing}\`, got none`);
      continue;
    }
    const row = rowOf(names, cells);
    if (row === null) unreadable += 1;
    else if (row.attackAddress) {
      if (hostile.length < 100_000) hostile.push(row);
    } else if (row.successful) {
      const own = byUser.get(row.user);
      if (own === undefined) byUser.set(row.user, [row]);
      else if (own.length < keep.signIns) own.push(row);
    }
  }
  const often = [...byUser.values()].filter((own) => own.length >= keep.signIns).slice(0, keep.people);
  return { rows: [...often.flat(), ...hostile].sort((a, b) => a.at - b.at), unreadable };
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
  for await (const piece of pieces) {
    for (const letter of piece) {
      if (quoted) {
        if (letter !== '"') cell += letter;
        else [quoted, after] = [false, true];
        continue;
      }
      if (letter === '"') {
        if (after) cell += '"';
        quoted = true;
      } else if (letter === ",") {
        row.push(cell);
        cell = "";
      } else if (letter === "\n") {
        row.push(cell);
        yield row;
        [row, cell] = [[], ""];
      } else if (letter !== "\r") cell += letter;
      after = false;
    }
  }
  if (cell !== "" || row.length > 0) yield [...row, cell];
}
