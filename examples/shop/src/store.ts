import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { hashPassword } from "./password.ts";
import { SAMPLE_PEOPLE } from "./sample.ts";
import { newSecret } from "./second-step.ts";

export interface Person {
  readonly name: string;
  readonly label: string;
  readonly passwordHash: string;
  readonly secret: string;
  /** The time step of the newest code that was used. */
  readonly lastStep: number;
}

/** What somebody has typed and not yet sent. */
export interface Draft {
  readonly payee: string;
  readonly amount: string;
  readonly note: string;
}

interface Payout {
  readonly id: number;
  readonly payee: string;
  /** In cents. */
  readonly amount: number;
  readonly note: string;
  readonly paidBy: string;
  readonly paidAt: string;
}

/** The shop's own data. Who is signed in is not among it: that is Postern's to say. */
export interface ShopStore {
  person(name: string): Person | null;
  /** False where a newer code was used meanwhile. */
  useStep(name: string, step: number): boolean;
  draft(name: string): Draft | null;
  keepDraft(name: string, draft: Draft): void;
  /** Records the payout and forgets its draft, together. */
  pay(name: string, payout: Omit<Payout, "id">): void;
  payouts(limit: number): readonly Payout[];
  /** Takes a payout back; whom it was to, or null where there is none. */
  recall(id: number): string | null;
  close(): void;
}

const SCHEMA = `
  create table if not exists person (
    name text primary key, label text not null, password_hash text not null,
    secret text not null, last_step integer not null default 0
  ) strict;
  create table if not exists draft (
    name text primary key, payee text not null, amount text not null, note text not null
  ) strict;
  create table if not exists payout (
    id integer primary key, payee text not null, amount integer not null, note text not null,
    paid_by text not null, paid_at text not null
  ) strict;
`;

export function databasePath(folder: string): string {
  return join(folder, "shop.sqlite");
}

/** Opens the shop's database, or one in memory where no folder is given, and adds the sample people once. */
export async function openShopStore(folder: string | null): Promise<ShopStore> {
  if (folder !== null) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(folder === null ? ":memory:" : databasePath(folder));
  database.exec("pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 2000;");
  database.exec(SCHEMA);
  const add = database.prepare(
    "insert or ignore into person (name, label, password_hash, secret) values (?, ?, ?, ?)",
  );
  for (const { name, label, password } of SAMPLE_PEOPLE) {
    const known = database.prepare("select 1 from person where name = ?").get(name);
    if (known === undefined) add.run(name, label, await hashPassword(password), newSecret());
  }
  return storeOf(database);
}

function storeOf(database: DatabaseSync): ShopStore {
  return {
    person: (name) => personIn(database, name),
    useStep(name, step) {
      const used = database.prepare("update person set last_step = ? where name = ? and last_step < ?");
      return used.run(step, name, step).changes === 1;
    },
    draft(name) {
      const row = database.prepare("select payee, amount, note from draft where name = ?").get(name);
      return row === undefined
        ? null
        : { payee: String(row.payee), amount: String(row.amount), note: String(row.note) };
    },
    keepDraft(name, { payee, amount, note }) {
      database
        .prepare("insert or replace into draft (name, payee, amount, note) values (?, ?, ?, ?)")
        .run(name, payee, amount, note);
    },
    pay(name, { payee, amount, note, paidBy, paidAt }) {
      database.exec("begin immediate");
      try {
        database
          .prepare("insert into payout (payee, amount, note, paid_by, paid_at) values (?, ?, ?, ?, ?)")
          .run(payee, amount, note, paidBy, paidAt);
        database.prepare("delete from draft where name = ?").run(name);
        database.exec("commit");
      } catch (error) {
        database.exec("rollback");
        throw error;
      }
    },
    payouts(limit) {
      const rows = database.prepare("select * from payout order by id desc limit ?").all(limit);
      return rows.map((row) => ({
        id: Number(row.id),
        payee: String(row.payee),
        amount: Number(row.amount),
        note: String(row.note),
        paidBy: String(row.paid_by),
        paidAt: String(row.paid_at),
      }));
    },
    recall(id) {
      const row = database.prepare("delete from payout where id = ? returning payee").get(id);
      return row === undefined ? null : String(row.payee);
    },
    close: () => database.close(),
  };
}

export function personIn(database: DatabaseSync, name: string): Person | null {
  const row = database.prepare("select * from person where name = ?").get(name);
  if (row === undefined) return null;
  return {
    name: String(row.name),
    label: String(row.label),
    passwordHash: String(row.password_hash),
    secret: String(row.secret),
    lastStep: Number(row.last_step),
  };
}
