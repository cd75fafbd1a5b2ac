import type { Revision } from "@postern/sdk";
import type { Column } from "../../output/output.ts";
import type { Cell } from "../../output/table.ts";
import { when } from "../../output/time.ts";
import type { Run } from "../../run.ts";

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
    ...(revision.warnings ?? []).flatMap((warning) =>
      warning.split("\n").map((text, line) => [line === 0 ? "warning" : "", { text, tone: "gap" }] as const),
    ),
  ];
}

/** Where it was just put in force: whether every node has it. */
function effect({ inEffect }: Revision, now: number): readonly (readonly [string, Cell])[] {
  if (inEffect === undefined) return [];
  return inEffect === null
    ? [["in effect", { text: "recorded; some nodes have yet to confirm it", tone: "gap" }]]
    : [["in effect", `on every node since ${when(inEffect, now)}`]];
}

/** What widens and was done by one person is looked at by another. */
export function noteUnreviewed({ out }: Pick<Run, "out">, { unreviewed }: Revision): void {
  if (unreviewed !== undefined)
    out.note(
      `it widens access, and one person alone put it in force: as soon as there is a second, they confirm it with \`postern unreviewed confirm ${unreviewed}\``,
    );
}
