import { type KeptOfScore, type Policy, type Rescored, rescorer } from "@postern/core";
import type { Recorded, RecordedRisk } from "../decisions/recorded.ts";
import type { RiskReport } from "./simulation-views.ts";

type Rescore = (risk: RecordedRisk | null) => Rescored;

/** Scores recorded signals anew where another policy makes another score of them. */
export interface Rescoring {
  /** The record as it would have been under `to`; counted where `counts`. */
  under<Of extends Recorded>(recorded: Of, made: Policy, to: Policy, counts?: boolean): Of;
  report(): RiskReport;
}

export function rescoring(): Rescoring {
  const between = new Map<Policy, Map<Policy, { readonly rescore: Rescore | null }>>();
  const kept = new Map<KeptOfScore, number>();
  let anew = 0;

  function rescoreOf(made: Policy, to: Policy): Rescore | null {
    const of = at(between, made, () => new Map());
    const { rescore } = at(of, to, () => ({ rescore: memoized(made, to) }));
    return rescore;
  }
  /** What a sheet shares is one object: it is scored once. */
  function memoized(made: Policy, to: Policy): Rescore | null {
    const rescore = rescorer(made, to);
    if (rescore === null) return null;
    const known = new WeakMap<RecordedRisk, Rescored>();
    return (risk) => {
      if (risk === null) return rescore(null);
      let found = known.get(risk);
      if (found === undefined) {
        found = rescore(risk);
        known.set(risk, found);
      }
      return found;
    };
  }

  return {
    under(recorded, made, to, counts = false) {
      const rescore = rescoreOf(made, to);
      if (rescore === null) return recorded;
      const found = rescore(recorded.risk ?? null);
      if (counts) {
        anew += 1;
        for (const what of found.kept) kept.set(what, (kept.get(what) ?? 0) + 1);
      }
      return { ...recorded, risk: found.risk };
    },
    report: () => ({
      scoredAnew: anew,
      asRecorded: [...kept].map(([what, decisions]) => ({ what, decisions })),
    }),
  };
}

function at<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let found = map.get(key);
  if (found === undefined) {
    found = make();
    map.set(key, found);
  }
  return found;
}
