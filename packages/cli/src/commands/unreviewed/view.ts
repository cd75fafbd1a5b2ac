import type { Act } from "@postern/sdk";
import { nameText } from "../../entity-name.ts";
import { toneOf } from "../../output/colour.ts";
import type { Column } from "../../output/output.ts";
import { when } from "../../output/time.ts";
import type { Run } from "../../run.ts";

function whatText({ what }: Act): string {
  const { kind, ...rest } = what;
  const said = Object.values(rest).map((value) => {
    if (Array.isArray(value)) return value.join(" ");
    if (typeof value === "object" && value !== null && "type" in value && "id" in value)
      return nameText({ type: String(value.type), id: String(value.id) });
    return value === null ? "" : String(value);
  });
  return [kind, ...said.filter((word) => word !== "")].join(" ");
}

export function columns(now: number): readonly Column<Act>[] {
  return [
    { heading: "ID", cell: ({ id }) => id },
    { heading: "STATE", cell: ({ state }) => ({ text: state, tone: toneOf(state) }) },
    { heading: "WHAT", cell: whatText },
    { heading: "BY", cell: ({ by, at }) => `${nameText(by)} ${when(at, now)}` },
    { heading: "DECIDE BY", cell: ({ decideBy }) => (decideBy === null ? "" : when(decideBy, now)) },
    { heading: "SECOND", cell: ({ decidedBy }) => (decidedBy === null ? "" : nameText(decidedBy)) },
  ];
}

export function showAct(run: Run, act: Act): void {
  run.out.record(
    act,
    columns(run.context.now()).map(({ heading, cell }) => [heading.toLowerCase(), cell(act)]),
  );
}

/** Says what whoever asked has to do next. */
export function noteWaiting(run: Run, { id }: Act): void {
  run.out.note(
    `nothing has happened yet: another administrator has to confirm it with \`postern unreviewed confirm ${id}\``,
  );
}
