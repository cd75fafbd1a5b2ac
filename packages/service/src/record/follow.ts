import type { KeyObject } from "node:crypto";
import { accept, type Result, refuse } from "@postern/core";
import type { Tail } from "../ports/store.ts";
import type { RecordChange } from "../projection/project.ts";
import { recordOf } from "../projection/row.ts";
import { sealRow, tagMatches } from "../seal/row-tag.ts";
import type { Advanced, FollowedRow, Tip, Unfollowable } from "./tip.ts";
import { wentBack } from "./went-back.ts";

export interface Followed {
  readonly advanced: Advanced;
  readonly changes: readonly (RecordChange & { readonly entry: number })[];
}

/**
 * What other nodes appended, checked as a start would check it: each row by its tag, the entries by the tree, and
 * the rows as a set by the digests of the head. Nothing moves here.
 */
export function follow(tail: Tail, tip: Tip, rowKey: KeyObject): Result<Followed, Unfollowable> {
  const { head, rows } = tail;
  if (head.epoch > tip.epoch) {
    return refuse({
      why: "epoch",
      detail: `the log went on in epoch ${head.epoch}, and this node was in epoch ${tip.epoch}`,
    });
  }
  if (head.size < tip.size || head.epoch < tip.epoch) {
    return refuse({
      why: "stale",
      detail: wentBack(head.size, tip.size),
    });
  }
  const elements: FollowedRow[] = [];
  const changes: (RecordChange & { readonly entry: number })[] = [];
  for (const { projection, id, body, entry, leaf, tag } of rows) {
    const seal = sealRow(rowKey, { projection, id, body, entry, leaf });
    if (!tagMatches(seal, tag) || entry >= head.size) {
      return refuse({
        why: "tampered",
        detail: `the row \`${id}\` of \`${projection}\` is not as it was recorded by entry ${entry}`,
      });
    }
    elements.push({ projection, id, element: seal.element });
    changes.push({ projection, id, record: recordOf(projection, body), entry } as RecordChange & {
      readonly entry: number;
    });
  }
  const advanced = tip.follow(head, tail.leaves, elements);
  return advanced.ok ? accept({ advanced: advanced.value, changes }) : advanced;
}
