import { rowOfSignals } from "../../decision/bindings.ts";
import type { RiskFacts } from "../../decision/request.ts";
import { sumOf } from "../../risk/assessment.ts";
import { NO_COUNT, parseCount, type Signals } from "../../risk/signal.ts";
import type { Policy } from "../revision.ts";
import type { SignalsText } from "./document.ts";

const SIGN_INS = 10;

/** The risk facts of a case. */
export function riskOf(text: SignalsText, policy: Policy): RiskFacts {
  const failed = parseCount(text.failedAttempts ?? 0);
  const signals: Signals = {
    newDevice: text.newDevice ?? false,
    newNetwork: text.newNetwork ?? false,
    newAsn: text.newAsn ?? false,
    newCountry: text.newCountry ?? false,
    newAgent: text.newAgent ?? false,
    unusualHour: text.unusualHour ?? false,
    impossibleTravel: text.impossibleTravel ?? false,
    knownBadNetwork: text.knownBadNetwork ?? false,
    failedAttempts: failed.ok ? failed.value : NO_COUNT,
    credentialChangedAt: null,
    compliance: text.compliance ?? "unknown",
    signIns: text.signIns ?? SIGN_INS,
  };
  const required = policy.risk?.scoring?.required ?? [];
  const found = text.score === undefined ? [] : [{ name: "base", points: text.score }];
  return {
    signals,
    row: rowOfSignals(signals),
    found,
    sum: sumOf(found),
    missing: required.filter((name) => text.missing?.includes(name) === true),
    history: signals.signIns > 0,
  };
}
