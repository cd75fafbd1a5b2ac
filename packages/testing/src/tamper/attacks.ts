import type { Attack } from "./attack.ts";
import { ATTACKS_ON_ENTRIES } from "./attacks-on-entries.ts";
import { ATTACKS_ON_ROWS } from "./attacks-on-rows.ts";
import { row } from "./stored.ts";

const ATTACKS_ON_THE_REST: readonly Attack[] = [
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

/** Each on a copy of its own. Two more need no SQL: see `campaign.ts`. */
export const ATTACKS: readonly Attack[] = [...ATTACKS_ON_ENTRIES, ...ATTACKS_ON_ROWS, ...ATTACKS_ON_THE_REST];
