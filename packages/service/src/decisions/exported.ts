import { type DecisionId, formatInstant, isId } from "@postern/core";
import type { DecisionLog } from "./decision-log.ts";
import type { LeftOut } from "./export-query.ts";
import type { Recorded } from "./recorded.ts";

/** The longest line of an export that is read back, in characters. */
export const LONGEST_LINE = 65_536;

export type ReadLine =
  | { readonly kind: "decision"; readonly recorded: Recorded & { readonly id: DecisionId } }
  | { readonly kind: "unread"; readonly reason: "key_gone" }
  | { readonly kind: "left-out"; readonly reason: LeftOut }
  /** The last line of a whole export. */
  | { readonly kind: "end" };

const FORMAT = "postern.decision.1";

/**
 * One line: what the decision log tells of a decision, to be read, and all that it rested on, sealed. Null: the key of
 * its person is gone, or it is longer than what would be read back.
 */
export function exportedLine(
  recorded: Recorded & { readonly id: DecisionId },
  log: Pick<DecisionLog, "sealOne">,
): string | null {
  const sealed = log.sealOne(recorded);
  if (sealed === null) return null;
  const { subject, action, resource } = recorded.asked;
  const line = JSON.stringify({
    format: FORMAT,
    id: recorded.id,
    at: formatInstant(recorded.now.latest),
    outcome: recorded.outcome,
    subject,
    action,
    resource: { type: resource.type, id: resource.id },
    revision: recorded.revision,
    key: sealed.key,
    sealed: Buffer.from(sealed.box).toString("base64url"),
  });
  return line.length > LONGEST_LINE ? null : line;
}

/** What stands after the last line, so that a file that broke off shows it. */
export function endLine(told: {
  readonly decisions: number;
  readonly unread: number;
  readonly ended: "all" | "limit" | "time";
}): string {
  return JSON.stringify({ format: FORMAT, end: told });
}

/**
 * Reads lines back. Only what was sealed counts, and only where it opens under our own keys: what can be read beside it
 * is not looked at. A decision counts once.
 */
export function lineReader(parts: {
  readonly log: Pick<DecisionLog, "openOne">;
  /** Whether we ever knew whose key it names. */
  readonly knew: (key: string) => boolean;
}): (text: string | null) => ReadLine {
  const seen = new Set<string>();
  return (text) => {
    const fields = text === null ? null : fieldsOf(text);
    if (fields === null || fields.format !== FORMAT) return UNREADABLE;
    if ("end" in fields) return { kind: "end" };
    const { id, key, sealed } = fields;
    if (typeof id !== "string" || !isId("dec", id) || typeof key !== "string" || typeof sealed !== "string")
      return UNREADABLE;
    const opened = parts.log.openOne({ id, key, box: Buffer.from(sealed, "base64url") });
    if (opened === "no_key") return parts.knew(key) ? { kind: "unread", reason: "key_gone" } : NOT_OURS;
    if (opened === "not_sealed_here") return NOT_OURS;
    if (seen.has(id)) return { kind: "left-out", reason: "twice" };
    seen.add(id);
    return { kind: "decision", recorded: { ...opened, id } };
  };
}

const UNREADABLE: ReadLine = { kind: "left-out", reason: "unreadable" };
const NOT_OURS: ReadLine = { kind: "left-out", reason: "not_ours" };

function fieldsOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}
