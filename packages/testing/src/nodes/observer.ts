import { USES } from "./nodes-policy.ts";

/** How long a node may honour after it last reached the database. */
export const LEASE_MS = 5_000;
/** Between a node's writing an answer and this process reading it, on a busy machine. */
const ON_THE_WAY_MS = 400;

/** An opt-out as the world outside the nodes knows it. Times are this process's own, in milliseconds. */
export interface Granted {
  readonly optOut: string;
  readonly person: string;
  readonly session: string;
  readonly area: "reports" | "papers";
  readonly at: number;
  honoured: number;
  revoking: boolean;
  revokedAt: number | null;
  /** When an answer said that the revocation is in effect. */
  inEffectAt: number | null;
}

export interface Observer {
  readonly grants: Map<string, Granted>;
  /** The newest visit of each person that was acknowledged, and when. */
  readonly visits: Map<string, { readonly count: number; readonly at: number }>;
  readonly decisions: Map<string, { readonly optOut: string; readonly at: number }>;
  readonly violations: string[];
  readonly counts: Record<"honours" | "refusals" | "failures" | "visits" | "grants" | "revocations", number>;
  /** From then on this node cannot reach the database, or does not run. Null: it can again. */
  away(node: string, since: number | null): void;
  /** While set, no honour of any node may be answered. */
  noHonour: { readonly since: number; readonly why: string } | null;
  answered(node: string, of: Granted, sent: number, outcome: string, decision: string): void;
  violation(what: string): void;
}

export function observer(): Observer {
  const gone = new Map<string, number>();
  const violations: string[] = [];
  const decisions: Observer["decisions"] = new Map();
  const counts = { honours: 0, refusals: 0, failures: 0, visits: 0, grants: 0, revocations: 0 };
  const violation = (what: string): void => {
    violations.push(what);
  };
  return {
    grants: new Map(),
    visits: new Map(),
    decisions,
    violations,
    counts,
    noHonour: null,
    violation,
    away(node, since) {
      if (since === null) gone.delete(node);
      else gone.set(node, since);
    },
    answered(node, of, sent, outcome, decision) {
      if (outcome !== "honour") {
        counts.refusals += 1;
        return;
      }
      const at = performance.now();
      counts.honours += 1;
      of.honoured += 1;
      decisions.set(decision, { optOut: of.optOut, at });
      if (of.inEffectAt !== null && (sent > of.inEffectAt || at > of.inEffectAt + ON_THE_WAY_MS))
        violation(
          `${node} honoured \`${of.optOut}\` ${Math.round(at - of.inEffectAt)} ms after its revocation was in effect`,
        );
      const since = gone.get(node);
      if (since !== undefined && at > since + LEASE_MS + ON_THE_WAY_MS)
        violation(`${node} honoured ${Math.round(at - since)} ms after it was last in reach of the database`);
      if (this.noHonour !== null && sent > this.noHonour.since)
        violation(`${node} honoured although ${this.noHonour.why}`);
      if (of.area === "papers" && of.honoured > USES)
        violation(`\`${of.optOut}\` was honoured ${of.honoured} times and has ${USES} uses`);
    },
  };
}
