import type { SQLInputValue, StatementSync } from "node:sqlite";
import type { DecisionRecord } from "@postern/service";
import { type Databases, transaction } from "./databases.ts";
import type { Calls } from "./protocol.ts";

type Answers = {
  readonly [K in "logDecisions" | "decision" | "decisions" | "prune"]: (
    question: Calls[K]["question"],
  ) => Calls[K]["answer"];
};

/** Rows dropped at a time, so that an append never waits long behind housekeeping. */
const PRUNE_BITE = 500;

/** Batches whose names are kept: only the latest is ever asked for. */
const BATCHES_KEPT = 10_000;

export function workingState({ data, decisions }: Databases): Answers {
  const insert = decisions.prepare(`
    INSERT INTO decisions (at, id, outcome, subject, key, box) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING
  `);
  const one = decisions.prepare("SELECT id, at, outcome, subject, key, box FROM decisions WHERE id = ?");
  const pruneDecisions = decisions.prepare(`
    DELETE FROM decisions
    WHERE (at, id) IN (SELECT at, id FROM decisions WHERE at < ? ORDER BY at, id LIMIT ${PRUNE_BITE})
  `);
  const pruneAnswers = data.prepare(`
    DELETE FROM answers
    WHERE (actor, key) IN (SELECT actor, key FROM answers WHERE until < ? ORDER BY until LIMIT ${PRUNE_BITE})
  `);
  const pruneBatches = data.prepare(`
    DELETE FROM batches
    WHERE number <= (SELECT max(number) FROM batches) - ${BATCHES_KEPT}
      AND number < (SELECT min(number) FROM batches) + ${PRUNE_BITE}
  `);
  const lists = new Map<string, StatementSync>();

  return {
    logDecisions(records) {
      transaction(decisions, () => {
        for (const { at, id, outcome, subject, key, box } of records)
          insert.run(at, id, outcome, subject, key, box);
      });
      return null;
    },
    decision: (id) => (one.get(id) as unknown as DecisionRecord | undefined) ?? null,
    decisions({ before, limit, subject, outcome }) {
      const conditions: string[] = [];
      const values: SQLInputValue[] = [];
      if (subject !== null) {
        conditions.push("subject = ?");
        values.push(subject);
      }
      if (outcome !== null) {
        conditions.push("outcome = ?");
        values.push(outcome);
      }
      if (before !== null) {
        conditions.push("(at, id) < (?, ?)");
        values.push(before.at, before.id);
      }
      const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
      let list = lists.get(where);
      if (!list) {
        list = decisions.prepare(
          `SELECT id, at, outcome, subject, key, box FROM decisions ${where} ORDER BY at DESC, id DESC LIMIT ?`,
        );
        lists.set(where, list);
      }
      return list.all(...values, limit) as unknown as DecisionRecord[];
    },
    prune(before) {
      const dropped = [
        pruneDecisions.run(before.decisions),
        pruneAnswers.run(before.answers),
        pruneBatches.run(),
      ];
      return dropped.some((result) => result.changes === PRUNE_BITE);
    },
  };
}
