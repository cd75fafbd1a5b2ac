import {
  type Evidence,
  evidenceOf,
  formatInstant,
  hasEnded,
  type Instant,
  type Policy,
  suggestionOf,
} from "@postern/core";
import { type Caller, mayUse } from "../caller.ts";
import { readCursor } from "../page.ts";
import type { State, StoredOptOut } from "../projection/state.ts";
import type { Page } from "../service.ts";
import type { DueReviewView, OptOutView } from "../views.ts";
import { maySee } from "./parts.ts";

const WORDS: Readonly<Record<Evidence, string>> = {
  "never-used": "it was never used",
  "long-unused": "it has not been used for more than half of its time",
  "used-up-fast": "its uses are spent far faster than its time",
  "no-longer-needed": "policy no longer asks for what it waives",
  "no-longer-offered": "policy no longer offers it as it is",
  "in-use": "it is in use",
};

/** Opt-outs whose review comes by `until`, soonest first, with what speaks for and against keeping them. */
export async function dueReviews(
  caller: Caller,
  query: { readonly until: Instant; readonly limit: number; readonly cursor?: string },
  parts: {
    readonly state: State;
    readonly policy: Policy;
    readonly now: Instant;
    readonly view: (optOut: StoredOptOut) => Promise<OptOutView>;
  },
): Promise<Page<DueReviewView>> {
  const { state, policy, now } = parts;
  const after = readCursor(query.cursor);
  const due = [...state.optOuts.all()]
    .filter(
      (one) =>
        (one.standing === "granted" || one.standing === "suspended") &&
        !hasEnded(one, now) &&
        one.reviewBy <= query.until &&
        (mayUse(caller, "opt-outs.read") || mayUse(caller, "opt-outs.approve")) &&
        maySee(caller, one),
    )
    .sort((a, b) => a.reviewBy - b.reviewBy || (a.id < b.id ? -1 : 1))
    .filter(
      ({ reviewBy, id }) =>
        after === undefined || reviewBy > after.at || (reviewBy === after.at && id > after.id),
    );
  const page = due.slice(0, query.limit);
  const last = page.at(-1);
  return {
    items: await Promise.all(
      page.map(async (optOut): Promise<DueReviewView> => {
        const use = state.uses(optOut.id);
        const evidence = evidenceOf(
          optOut,
          { used: use?.used ?? 0, lastAt: use?.lastAt ?? null },
          policy,
          now,
        );
        return {
          reviewBy: formatInstant(optOut.reviewBy),
          optOut: await parts.view(optOut),
          used: use?.used ?? 0,
          lastUsedAt: use === undefined ? null : formatInstant(use.lastAt),
          evidence: evidence.map((code) => ({ code, words: WORDS[code] })),
          suggestion: suggestionOf(evidence),
        };
      }),
    ),
    next: due.length > query.limit && last !== undefined ? `${last.reviewBy}.${last.id}` : null,
  };
}
