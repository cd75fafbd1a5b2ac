import type { OptOut } from "@postern/sdk";
import { nameText } from "../../entity-name.ts";
import { toneOf } from "../../output/colour.ts";
import type { Column } from "../../output/output.ts";
import type { Cell } from "../../output/table.ts";
import { when } from "../../output/time.ts";

export function holderText({ holder }: OptOut): string {
  switch (holder.kind) {
    case "subject":
      return nameText(holder.subject);
    case "device":
      return `${nameText(holder.device)} for ${holder.subject == null ? "anyone" : nameText(holder.subject)}`;
    case "anonymous":
      return "anonymous";
    default:
      return holder.kind satisfies never;
  }
}

/** Their `expiresAt` is an end that never comes. */
const ENDED_EARLY: ReadonlySet<OptOut["state"]> = new Set(["revoked", "denied", "withdrawn", "lapsed"]);

/** Who has to act next; null: nobody. */
export function waitsFor(optOut: OptOut): string | null {
  if (optOut.state !== "pending") return null;
  const { consent, approvals } = optOut;
  const parts = [
    ...(consent.needed && consent.given === null ? [`consent by ${holderText(optOut)}`] : []),
    ...(approvals.missing.length > 0 ? [`approval by ${approvals.missing.join(" and ")}`] : []),
  ];
  return parts.length === 0 ? null : parts.join(" and ");
}

export function columns(now: number): readonly Column<OptOut>[] {
  return [
    { heading: "ID", cell: ({ id }) => id },
    { heading: "STATE", cell: ({ state }) => ({ text: state, tone: toneOf(state) }) },
    { heading: "CONTROL", cell: ({ control }) => control },
    { heading: "OFFER", cell: ({ offer }) => offer },
    { heading: "HOLDER", cell: holderText },
    {
      heading: "ENDS",
      cell: ({ state, expiresAt }) => (ENDED_EARLY.has(state) ? "–" : when(expiresAt, now)),
    },
    { heading: "WAITS FOR", cell: (one) => waitsFor(one) ?? "" },
  ];
}

export function pairs(optOut: OptOut, now: number): readonly (readonly [string, Cell])[] {
  const { consent, approvals, uses } = optOut;
  const waits = waitsFor(optOut);
  const given = approvals.given.map(({ by, at }) => `${nameText(by)} ${when(at, now)}`);
  return [
    ["id", optOut.id],
    ["state", { text: optOut.state, tone: toneOf(optOut.state) }],
    ...(waits === null ? [] : [["waits for", { text: waits, tone: "waiting" }] as const]),
    ...(optOut.paused.length === 0
      ? []
      : [["paused by", { text: optOut.paused.join(", "), tone: "holds" }] as const]),
    ["control", optOut.control],
    ["offer", `${optOut.offer} (${optOut.basis}, revision ${optOut.revision})`],
    ["holder", holderText(optOut)],
    [
      "waives",
      `${optOut.scope.actions.join(", ")} on ${optOut.scope.resources.join(", ")}, down to ${optOut.downTo}`,
    ],
    ["requested by", `${nameText(optOut.requestedBy)} ${when(optOut.requestedAt, now)}`],
    ...(optOut.reason === null ? [] : [["reason", optOut.reason] as const]),
    ["consent", consentText(consent, now)],
    [
      "approvals",
      `${approvals.given.length} of ${approvals.needed}${given.length === 0 ? "" : `: ${given.join(", ")}`}`,
    ],
    ["decide by", when(optOut.decideBy, now)],
    ["starts at", when(optOut.startsAt, now)],
    ["expires at", when(optOut.expiresAt, now)],
    ["review by", when(optOut.reviewBy, now)],
    ["cap at", when(optOut.capAt, now)],
    ["uses", uses.max === null ? `${uses.used}` : `${uses.used} of ${uses.max}`],
    ["version", String(optOut.version)],
  ];
}

function consentText({ needed, given }: OptOut["consent"], now: number): string {
  if (given !== null) return `given ${when(given.at, now)} to version ${given.version} in ${given.locale}`;
  return needed ? "not given yet" : "not needed";
}
