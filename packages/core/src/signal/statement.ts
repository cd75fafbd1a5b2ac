import { accept, type Result, refuse } from "../vocabulary/result.ts";
import type { SignalKind } from "./kind.ts";

export type SignalLevel = "low" | "medium" | "high";

export const SIGNAL_LEVELS: readonly SignalLevel[] = ["low", "medium", "high"];

/** Whose a change of risk is (CAEP 1.0 section 3.8). */
export type Principal = "user" | "device" | "session";

/** What a signal says, as far as policy acts on it. */
export interface Statement {
  readonly kind: SignalKind;
  /** Null: it does not say, and is about whomever it names. */
  readonly principal: Principal | null;
  /** Of a change of risk alone; null: it has none. */
  readonly level: SignalLevel | null;
  /** Whether it says that something is amiss; false: that it is not, or not any more. */
  readonly amiss: boolean;
}

/** The kind whose all-clear a signal is: an account that is enabled is no longer disabled. */
export function concernKindOf(kind: SignalKind): SignalKind {
  return kind === "account-enabled" ? "account-disabled" : kind;
}

/** Kinds that can say that all is well again. Of others nothing but time, a proof or a person ends what they began. */
const CLEARED: ReadonlySet<SignalKind> = new Set([
  "risk-level-change",
  "device-compliance-change",
  "assurance-level-change",
  "account-disabled",
]);

export function canBeCleared(kind: SignalKind): boolean {
  return CLEARED.has(kind);
}

type Claims = Readonly<Record<string, unknown>>;

/**
 * Reads the claims of an event (CAEP 1.0 section 3, RISC 1.0 section 2). What policy acts on must be there and be one
 * of its words: a level that cannot be read is not taken for a low one.
 */
export function readStatement(kind: SignalKind, claims: Claims): Result<Statement, string> {
  switch (kind) {
    case "risk-level-change": {
      const said = word(claims, "current_level", ["LOW", "MEDIUM", "HIGH"]);
      if (!said.ok) return said;
      const level = said.value.toLowerCase() as SignalLevel;
      // One of a tenant or a group is held against nobody: it says nothing of whoever else it names.
      const whose =
        claims.principal === undefined ? null : word(claims, "principal", ["USER", "DEVICE", "SESSION"]);
      if (whose?.ok === false) return whose;
      const principal = whose === null ? null : (whose.value.toLowerCase() as Principal);
      return accept({ kind, principal, level, amiss: level !== "low" });
    }
    case "device-compliance-change": {
      const said = word(claims, "current_status", ["compliant", "not-compliant"]);
      return said.ok
        ? accept({ kind, principal: null, level: null, amiss: said.value === "not-compliant" })
        : said;
    }
    case "assurance-level-change": {
      // Optional in CAEP 1.0: where it is not said, it may have fallen.
      if (claims.change_direction === undefined)
        return accept({ kind, principal: null, level: null, amiss: true });
      const said = word(claims, "change_direction", ["increase", "decrease"]);
      return said.ok
        ? accept({ kind, principal: null, level: null, amiss: said.value === "decrease" })
        : said;
    }
    case "credential-change": {
      const said = word(claims, "change_type", ["create", "revoke", "update", "delete"]);
      return said.ok ? accept({ kind, principal: null, level: null, amiss: true }) : said;
    }
    case "account-enabled":
      return accept({ kind, principal: null, level: null, amiss: false });
    default:
      return accept({ kind, principal: null, level: null, amiss: true });
  }
}

function word(claims: Claims, name: string, words: readonly string[]): Result<string, string> {
  const said = claims[name];
  const found =
    typeof said === "string" ? words.find((one) => one.toLowerCase() === said.toLowerCase()) : undefined;
  const got =
    typeof said === "string" ? `\`${said.slice(0, 40)}\`` : said === undefined ? "nothing" : typeof said;
  return found === undefined
    ? refuse(`expected \`${name}\` of ${words.map((one) => `\`${one}\``).join(", ")}, got ${got}`)
    : accept(found);
}
