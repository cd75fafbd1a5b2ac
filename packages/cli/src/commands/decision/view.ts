import type { LoggedDecision } from "@postern/sdk";
import { nameText } from "../../entity-name.ts";
import { type Paint, toneOf } from "../../output/colour.ts";
import { printable } from "../../output/table.ts";

/** What mattered: the control that was waived or unmet. */
export function mattered({ controls }: LoggedDecision): string {
  const one =
    controls.find(({ result }) => result === "waived") ?? controls.find(({ result }) => result === "unmet");
  if (one === undefined) return "";
  return one.result === "waived"
    ? `${one.control} by ${one.optOut ?? "an opt-out"}`
    : `${one.control}: ${one.reason ?? "unmet"}`;
}

/** One decision on one line. */
export function decisionLine(decision: LoggedDecision, paint: Paint): string {
  const outcome = paint(toneOf(decision.outcome), decision.outcome.padEnd(9));
  const parts = [
    decision.at.slice(11, 19),
    outcome,
    `${decision.action} ${nameText(decision.resource)}`,
    decision.subject === null ? "a visitor" : nameText(decision.subject),
    mattered(decision),
    decision.governed ? "" : "ungoverned",
    decision.id,
  ];
  return parts
    .filter((part) => part !== "")
    .map((part) => (part === outcome ? part : printable(part)))
    .join("  ");
}
