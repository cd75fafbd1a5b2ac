import type { Lock } from "@postern/sdk";
import { nameText } from "../../entity-name.ts";
import { toneOf } from "../../output/colour.ts";
import type { Column } from "../../output/output.ts";
import { when } from "../../output/time.ts";

function targetText({ target }: Lock): string {
  const { kind, ...rest } = target;
  const words = Object.values(rest).map((value) =>
    typeof value === "object" && value !== null && "type" in value && "id" in value
      ? nameText({ type: String(value.type), id: String(value.id) })
      : String(value),
  );
  return [kind, ...words].join(" ");
}

export function columns(now: number): readonly Column<Lock>[] {
  return [
    { heading: "ID", cell: ({ id }) => id },
    { heading: "STATE", cell: ({ state }) => ({ text: state, tone: toneOf(state) }) },
    { heading: "HOLDS SHUT", cell: targetText },
    { heading: "UNTIL", cell: ({ until }) => (until === null ? "lifted" : when(until, now)) },
    {
      heading: "PLACED",
      cell: ({ placedAt, placedBy }) => `${when(placedAt, now)} by ${nameText(placedBy)}`,
    },
    { heading: "REASON", cell: ({ reason }) => reason ?? "" },
  ];
}
