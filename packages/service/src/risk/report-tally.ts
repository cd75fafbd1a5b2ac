import type { Mark } from "@postern/core";
import type { ChallengeCounts, PartKind, PartReport } from "./report-views.ts";

type Counts = { -readonly [Field in keyof ChallengeCounts]: number };

/** A challenge or a denial, or a part of one that was counted already (`counts` false), of which then only the mark counts. */
export interface Happened {
  readonly kind: "challenge" | "deny";
  readonly counts: boolean;
  readonly end: "met" | "abandoned" | "open";
  readonly mark: Mark["as"] | null;
  readonly alarmed: boolean;
}

export interface Part {
  readonly kind: PartKind;
  readonly name: string;
}

/** Sums up challenges by what led to them. */
export interface ReportTally {
  /** No parts: policy asked for it at any risk. */
  add(parts: readonly Part[], happened: Happened): void;
  risk(): ChallengeCounts;
  always(): ChallengeCounts;
  parts(fewest: number): readonly PartReport[];
}

export function reportTally(): ReportTally {
  const risk = none();
  const always = none();
  const byPart = new Map<string, { readonly part: Part; readonly counts: Counts }>();
  return {
    add(parts, happened) {
      count(parts.length === 0 ? always : risk, happened);
      for (const [key, part] of new Map(parts.map((one) => [`${one.kind}:${one.name}`, one]))) {
        let found = byPart.get(key);
        if (found === undefined) {
          found = { part, counts: none() };
          byPart.set(key, found);
        }
        count(found.counts, happened);
      }
    },
    risk: () => ({ ...risk }),
    always: () => ({ ...always }),
    parts: (fewest) =>
      [...byPart.values()]
        // Where it only ever spoke along in what was counted elsewhere, there is nothing to tell of it.
        .filter(({ counts }) => Object.values(counts).some((count) => count > 0))
        .map(({ part: { kind, name }, counts }) => ({
          kind,
          name,
          ...counts,
          enough: counts.unneeded + counts.right >= fewest,
        }))
        .sort((a, b) => b.asked + b.denied - (a.asked + a.denied) || (a.name < b.name ? -1 : 1)),
  };
}

function none(): Counts {
  return { asked: 0, met: 0, abandoned: 0, open: 0, denied: 0, unneeded: 0, right: 0, alarmed: 0 };
}

function count(counts: Counts, { kind, counts: whole, end, mark, alarmed }: Happened): void {
  if (whole && kind === "deny") counts.denied += 1;
  if (whole && kind === "challenge") {
    counts.asked += 1;
    counts[end] += 1;
  }
  if (whole && alarmed && mark !== "unneeded") counts.alarmed += 1;
  if (mark !== null) counts[mark] += 1;
}
