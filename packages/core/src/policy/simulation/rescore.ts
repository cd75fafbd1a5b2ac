import type { RiskFacts } from "../../decision/request.ts";
import { sumOf } from "../../risk/assessment.ts";
import type { Feature } from "../../risk/feature.ts";
import { REQUIRABLE, type Requirable, type Signals } from "../../risk/signal.ts";
import type { Policy, Scoring } from "../revision.ts";

/** What a record says of risk. */
export type RiskRecord = Omit<RiskFacts, "row">;

/**
 * What of the score could not be worked out anew from the signals that were recorded. `model`: what a statistical model
 * finds rests on a history that a record does not hold. `networks`: whether an address is on another list.
 * `required`: whether a signal that is newly required was there. `signals`: none were recorded.
 */
export type KeptOfScore = "model" | "networks" | "required" | "signals";

export interface Rescored {
  readonly risk: RiskRecord | null;
  /** Left as it was recorded. */
  readonly kept: readonly KeptOfScore[];
}

/**
 * Takes what was recorded of risk under one policy to what another makes of the same signals: which required ones are
 * missing, and what the model finds. The points of rules are added when it is decided. Null: the two score alike.
 */
export function rescorer(from: Policy, to: Policy): ((risk: RiskRecord | null) => Rescored) | null {
  const [before, after] = [from.risk?.scoring, to.risk?.scoring];
  if (before === after || scoreAlike(before, after)) return null;
  if (after === undefined) return (risk) => ({ risk: risk === null ? null : unscored(risk), kept: [] });
  const networks = networksMoved(before, after);
  const finds = after.model === "statistical";
  const modelMoved = finds && (before?.model !== "statistical" || !sameCalibration(before, after));
  return (risk) => {
    if (risk === null) return { risk, kept: ["signals"] };
    const kept: KeptOfScore[] = [];
    const missing: Requirable[] = [];
    for (const name of REQUIRABLE) {
      if (!after.required.includes(name)) continue;
      const there = wasThere(name, risk, before);
      if (there === null && !kept.includes("required")) kept.push("required");
      if (there === false) missing.push(name);
    }
    const known = risk.signals.knownBadNetwork;
    const onList = known === null ? null : onOtherList(known, networks);
    if (onList === "unclear") kept.push("networks");
    const signals: Signals =
      onList === null || onList === "unclear" ? risk.signals : { ...risk.signals, knownBadNetwork: onList };
    // What a statistical model found counts the signal as it was.
    if (modelMoved || (finds && signals !== risk.signals && signals.knownBadNetwork !== known))
      kept.push("model");
    const found = finds ? risk.found : [];
    return { risk: { signals, found, sum: sumOf(found), missing, history: risk.history }, kept };
  };
}

function unscored(risk: RiskRecord): RiskRecord {
  const { signals, history } = risk;
  const known = signals.knownBadNetwork;
  return {
    signals: known === null ? signals : { ...signals, knownBadNetwork: false },
    found: [],
    sum: 0,
    missing: [],
    history,
  };
}

function scoreAlike(before: Scoring | undefined, after: Scoring | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  return (
    before.model === after.model &&
    (after.model === "weighted" || sameCalibration(before, after)) &&
    sameNames(before.required, after.required) &&
    sameNames(before.networks.texts, after.networks.texts)
  );
}

function sameCalibration({ calibration: a }: Scoring, { calibration: b }: Scoring): boolean {
  return a.lowest === b.lowest && a.highest === b.highest && a.exposure === b.exposure;
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.every((one) => b.includes(one)) && b.every((one) => a.includes(one));
}

interface Moved {
  readonly come: boolean;
  readonly gone: boolean;
  readonly left: boolean;
}

function networksMoved(before: Scoring | undefined, after: Scoring): Moved {
  const [old, kept] = [before?.networks.texts ?? [], after.networks.texts];
  return {
    come: kept.some((one) => !old.includes(one)),
    gone: old.some((one) => !kept.includes(one)),
    left: kept.length > 0,
  };
}

/** A longer list still has what was on it, a shorter one still lacks what was not, and an empty one lacks all. */
function onOtherList(was: boolean, { come, gone, left }: Moved): boolean | "unclear" {
  if (!left) return false;
  return (was ? gone : come) ? "unclear" : was;
}

/** Null: the record does not say. */
function wasThere(name: Requirable, risk: RiskRecord, before: Scoring | undefined): boolean | null {
  if (before?.required.includes(name) === true) return !risk.missing.includes(name);
  const { signals } = risk;
  switch (name) {
    case "compliance":
      return signals.compliance !== "unknown";
    case "failedAttempts":
      return signals.failedAttempts !== null;
    case "place":
      return null;
    default: {
      const signal = SIGNAL_OF[name];
      return signal === undefined ? null : signals[signal] !== null;
    }
  }
}

const SIGNAL_OF: Partial<Record<Feature, keyof Signals>> = {
  device: "newDevice",
  network: "newNetwork",
  asn: "newAsn",
  country: "newCountry",
  browser: "newAgent",
  hour: "unusualHour",
};
