import type { Revision } from "@postern/sdk";
import type { Column } from "../../output/output.ts";
import type { Cell } from "../../output/table.ts";
import { when } from "../../output/time.ts";

export function columns(now: number): readonly Column<Revision>[] {
  return [
    { heading: "REVISION", cell: ({ id }) => id },
    { heading: "STATE", cell: stateOf },
    { heading: "PUBLISHED", cell: ({ publishedAt }) => when(publishedAt, now) },
    { heading: "ACTIVATED", cell: ({ activatedAt }) => when(activatedAt, now) },
    { heading: "REPLACED", cell: ({ replaced }) => replaced ?? "–" },
  ];
}

function stateOf({ active, activatedAt }: Revision): Cell {
  if (active) return { text: "in force", tone: "holds" };
  return { text: activatedAt === null ? "published" : "replaced", tone: "closed" };
}

export function pairs(revision: Revision, now: number): readonly (readonly [string, Cell])[] {
  return [
    ...columns(now).map(({ heading, cell }) => [heading.toLowerCase(), cell(revision)] as const),
    ...effect(revision, now),
    ...(revision.warnings ?? []).map((warning) => ["warning", { text: warning, tone: "gap" }] as const),
  ];
}

/** Where it was just put in force: whether every node has it. */
function effect({ inEffect }: Revision, now: number): readonly (readonly [string, Cell])[] {
  if (inEffect === undefined) return [];
  return inEffect === null
    ? [["in effect", { text: "recorded; some nodes have yet to confirm it", tone: "gap" }]]
    : [["in effect", `on every node since ${when(inEffect, now)}`]];
}
