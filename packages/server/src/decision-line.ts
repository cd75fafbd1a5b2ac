import { isControlId } from "@postern/core";
import type { DecisionView } from "@postern/service";

const OUTCOME_WIDTH = 9;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * One decision as a line on a console, such as
 * `09:14:22 honour    step-up get /reports/monthly  ana  opt-out oo_7q… ends 10:00  rule shop.yaml:14  1.3 ms`.
 * Without names neither the person nor the resource's id appears: both may say who somebody is. Times are UTC.
 */
export function decisionLine(view: DecisionView, options: { readonly names: boolean }): string {
  const { names } = options;
  const settled =
    view.controls.find(({ result }) => result === "waived") ??
    view.controls.find(({ result, control }) => result === "unmet" && isControlId(control)) ??
    view.controls.find(({ result }) => result === "unmet");
  const what = [settled?.control, view.action, resourceText(view, names)].filter(
    (part) => part !== undefined,
  );
  const parts = [
    `${view.at.slice(11, 19)} ${view.outcome.padEnd(OUTCOME_WIDTH)} ${what.join(" ")}`,
    view.subject === null ? "visitor" : names ? printable(view.subject.id) : view.subject.type,
    ...(settled?.optOut == null
      ? []
      : [
          `opt-out ${settled.optOut.slice(0, 7)}…${view.endsAt === null ? "" : ` ends ${endText(view.endsAt, view.at)}`}`,
        ]),
    ...(settled === undefined || settled.reason === null ? [] : [settled.reason]),
    ...(view.governed ? [] : ["ungoverned"]),
    ...(view.rule === null ? [] : [`rule ${printable(view.rule)}`]),
    `${(view.micros / 1000).toFixed(1)} ms`,
  ];
  return parts.join("  ");
}

function resourceText({ resource }: DecisionView, names: boolean): string {
  if (!names) return resource.type;
  return printable(resource.type === "route" ? resource.id : `${resource.type}:${resource.id}`);
}

/** The time alone on the same day, else with its date. */
function endText(ends: string, now: string): string {
  const time = ends.slice(11, 16);
  return ends.slice(0, 10) === now.slice(0, 10) ? time : `${ends.slice(0, 10)} ${time}`;
}

/** What others named must not move the cursor of whoever reads the line. */
function printable(text: string): string {
  return text.replace(UNPRINTABLE, "\ufffd").slice(0, 120);
}
