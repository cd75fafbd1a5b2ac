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
    ...(revision.warnings ?? []).map((warning) => ["warning", { text: warning, tone: "gap" }] as const),
  ];
}
