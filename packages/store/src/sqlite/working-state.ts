import type { SQLInputValue, StatementSync } from "node:sqlite";
import type { Cursor, DecisionRecord, SealedSheet } from "@postern/service";
import { type Databases, transaction } from "./databases.ts";
import type { Calls } from "./protocol.ts";

type Answers = {
  readonly [K in
    | "logDecisions"
    | "decision"
    | "decisions"
    | "sheets"
    | "cursor"
    | "moveCursor"
    | "dropCursor"
    | "prune"]: (question: Calls[K]["question"]) => Calls[K]["answer"];
};

/** Rows dropped at a time, so that an append never waits long behind housekeeping. */
const PRUNE_BITE = 500;

/** Batches whose names are kept: only the latest is ever asked for. */
const BATCHES_KEPT = 10_000;

/** A decision whose sheet is gone is past its retention. */
const SELECT = `
  SELECT d.id, d.outcome, s.subject, d.sheet, s.key, s.box FROM decisions AS d JOIN sheets AS s ON s.id = d.sheet
`;

export function workingState({ data, decisions }: Databases): Answers {
  const insertSheet = decisions.prepare(
    "INSERT INTO sheets (id, subject, key, box) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const insert = decisions.prepare(
    "INSERT INTO decisions (id, outcome, sheet) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const one = decisions.prepare(`${SELECT} WHERE d.id = ?`);
  const pruneDecisions = decisions.prepare(`
    DELETE FROM decisions WHERE id IN (SELECT id FROM decisions WHERE id < ? ORDER BY id LIMIT ${PRUNE_BITE})
  `);
  const pruneSheets = decisions.prepare(`
    DELETE FROM sheets WHERE id IN (SELECT id FROM sheets WHERE id < ? ORDER BY id LIMIT ${PRUNE_BITE})
  `);
  const pruneAnswers = data.prepare(`
    DELETE FROM answers
    WHERE (actor, key) IN (SELECT actor, key FROM answers WHERE until < ? ORDER BY until LIMIT ${PRUNE_BITE})
  `);
  const pruneArtifacts = data.prepare(`
    DELETE FROM artifacts WHERE id IN (SELECT id FROM artifacts WHERE until < ? ORDER BY until LIMIT ${PRUNE_BITE})
  `);
  const pruneBatches = data.prepare(`
    DELETE FROM batches
    WHERE number <= (SELECT max(number) FROM batches) - ${BATCHES_KEPT}
      AND number < (SELECT min(number) FROM batches) + ${PRUNE_BITE}
  `);
  const readCursor = data.prepare("SELECT version, body FROM cursors WHERE id = ?");
  const makeCursor = data.prepare(
    "INSERT INTO cursors (id, version, body) VALUES (?, 1, ?) ON CONFLICT DO NOTHING",
  );
  const dropCursor = data.prepare("DELETE FROM cursors WHERE id = ?");
  const moveCursor = data.prepare(
    "UPDATE cursors SET version = version + 1, body = ? WHERE id = ? AND version = ?",
  );
  const someSheets = decisions.prepare(
    "SELECT id, subject, key, box FROM sheets WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT ?",
  );
  const lists = new Map<string, StatementSync>();

  return {
    logDecisions(sheets) {
      transaction(decisions, () => {
        for (const { subject, key, box, decisions: sealed } of sheets) {
          const sheet = sealed[0]?.id;
          if (sheet === undefined) continue;
          insertSheet.run(sheet, subject, key, box);
          for (const { id, outcome } of sealed) insert.run(id, outcome, sheet);
        }
      });
      return null;
    },
    decision: (id) => (one.get(id) as unknown as DecisionRecord | undefined) ?? null,
    decisions({ before, limit, subject, outcome }) {
      const conditions: string[] = [];
      const values: SQLInputValue[] = [];
      if (subject !== null) {
        conditions.push("s.subject = ?");
        values.push(subject);
      }
      if (outcome !== null) {
        conditions.push("d.outcome = ?");
        values.push(outcome);
      }
      if (before !== null) {
        conditions.push("d.id < ?");
        values.push(before);
      }
      const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
      let list = lists.get(where);
      if (!list) {
        list = decisions.prepare(`${SELECT} ${where} ORDER BY d.id DESC LIMIT ?`);
        lists.set(where, list);
      }
      return list.all(...values, limit) as unknown as DecisionRecord[];
    },
    sheets: ({ from, before, limit }) =>
      someSheets.all(from, before, limit) as unknown as readonly SealedSheet[],
    cursor: (id) => (readCursor.get(id) as unknown as Cursor | undefined) ?? null,
    moveCursor: ({ id, expected, body }) =>
      (expected === 0 ? makeCursor.run(id, body) : moveCursor.run(body, id, expected)).changes === 1,
    dropCursor(id) {
      dropCursor.run(id);
      return null;
    },
    prune(before) {
      const dropped = [
        pruneDecisions.run(before.decisions),
        pruneSheets.run(before.decisions),
        pruneAnswers.run(before.answers),
        pruneArtifacts.run(before.answers),
        pruneBatches.run(),
      ];
      return dropped.some((result) => result.changes === PRUNE_BITE);
    },
  };
}
