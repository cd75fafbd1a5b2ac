import type { Issued, Token } from "@postern/sdk";
import { nameText } from "../../entity-name.ts";
import { toneOf } from "../../output/colour.ts";
import type { Column } from "../../output/output.ts";
import { when } from "../../output/time.ts";
import type { Run } from "../../run.ts";
import { noteWaiting } from "../unreviewed/view.ts";

export function columns(now: number): readonly Column<Token>[] {
  return [
    { heading: "ID", cell: ({ id }) => id },
    { heading: "STATE", cell: ({ state }) => ({ text: state, tone: toneOf(state) }) },
    { heading: "LABEL", cell: ({ label }) => label },
    { heading: "PERSON", cell: ({ person }) => nameText(person) },
    { heading: "SCOPES", cell: ({ scopes }) => scopes.join(", ") },
    {
      heading: "RESOURCES",
      cell: ({ resources }) => (resources.length === 0 ? "all" : resources.join(", ")),
    },
    { heading: "ENDS", cell: ({ expiresAt }) => when(expiresAt, now) },
  ];
}

export function showIssued(run: Run, issued: Issued): void {
  run.out.record(issued, [
    ...columns(run.context.now()).map(
      ({ heading, cell }) => [heading.toLowerCase(), cell(issued.token)] as const,
    ),
    ["subject types", issued.token.subjectTypes.length === 0 ? "none" : issued.token.subjectTypes.join(", ")],
    ["secret", issued.secret],
  ]);
  if (issued.waits !== undefined) noteWaiting(run, issued.waits);
  run.out.note(
    "the secret is shown this once: keep it in a file that only you can read, and name it in POSTERN_TOKEN_FILE",
  );
}
