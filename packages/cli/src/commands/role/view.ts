import type { RoleGrant } from "@postern/sdk";
import { nameText } from "../../entity-name.ts";
import { toneOf } from "../../output/colour.ts";
import type { Column } from "../../output/output.ts";
import { when } from "../../output/time.ts";
import type { Run } from "../../run.ts";

export function columns(now: number): readonly Column<RoleGrant>[] {
  return [
    { heading: "ID", cell: ({ id }) => id },
    { heading: "STATE", cell: ({ state }) => ({ text: state, tone: toneOf(state) }) },
    { heading: "PERSON", cell: ({ person }) => nameText(person) },
    { heading: "ROLE", cell: ({ role }) => role },
    { heading: "SCOPES", cell: ({ scopes }) => scopes.join(", ") },
    { heading: "GRANTED", cell: ({ grantedAt }) => when(grantedAt, now) },
  ];
}

export function showRole(run: Run, grant: RoleGrant, answer: object = grant): void {
  run.out.record(
    answer,
    columns(run.context.now()).map(({ heading, cell }) => [heading.toLowerCase(), cell(grant)]),
  );
}
