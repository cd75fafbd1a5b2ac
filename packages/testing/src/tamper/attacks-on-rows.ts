import type { Attack } from "./attack.ts";
import { quoted } from "./plain-sql.ts";
import { editRow, later, laterText, putRow, row } from "./stored.ts";

export const ATTACKS_ON_ROWS: readonly Attack[] = [
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
];
