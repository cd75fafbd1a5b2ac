import { describe, expect, it } from "vitest";
import { type RiskRecord, rescorer } from "../../../src/policy/simulation/rescore.ts";
import { NO_COUNT, type Signals } from "../../../src/risk/signal.ts";
import { ATTRIBUTES, compiled, joined, PROTECTION } from "../sample.ts";

const risk = (lines: string): string => `kind: Risk
name: risk
owner: security
${lines}
`;
const policy = (lines: string | null) =>
  compiled(lines === null ? joined(ATTRIBUTES, PROTECTION) : joined(ATTRIBUTES, PROTECTION, risk(lines)));

const RULE = 'rules: [{ name: device, points: 20, when: "signals.newDevice" }]';
const weighted = (more = ""): string => `model: weighted\n${RULE}\n${more}`;

const SIGNALS: Signals = {
  newDevice: false,
  newNetwork: false,
  newAsn: null,
  newCountry: null,
  newAgent: false,
  unusualHour: false,
  impossibleTravel: false,
  knownBadNetwork: false,
  failedAttempts: NO_COUNT,
  credentialChangedAt: null,
  compliance: "unknown",
  signIns: 4,
};
const record = (more: Partial<RiskRecord> = {}): RiskRecord => ({
  signals: SIGNALS,
  found: [],
  sum: 0,
  missing: [],
  history: true,
  ...more,
});
const rescored = (from: string | null, to: string | null, of: RiskRecord | null = record()) =>
  rescorer(policy(from), policy(to))?.(of) ?? null;

describe("what was recorded of risk, under another policy", () => {
  it("stays as it is where both score alike, whatever their rules and thresholds", () => {
    expect(rescored(weighted(), weighted("levels: { medium: 10, high: 20 }"))).toBeNull();
    expect(rescored(weighted(), weighted("missing: 60"))).toBeNull();
    expect(rescored(null, null)).toBeNull();
  });

  it("misses the signals that are newly required and were not there, and none that was", () => {
    const found = rescored(weighted(), weighted("required: [country, device, compliance, failedAttempts]"));
    expect(found).toMatchObject({ risk: { missing: ["country", "compliance"] }, kept: [] });
  });

  it("misses nothing more that is no longer required", () => {
    const old = record({ missing: ["country"] });
    expect(rescored(weighted("required: [country]"), weighted("required: [device]"), old)).toMatchObject({
      risk: { missing: [] },
      kept: [],
    });
  });

  it("believes what was recorded of a signal that was required before", () => {
    const old = record({ missing: ["place"] });
    expect(rescored(weighted("required: [place]"), weighted("required: [place, hour]"), old)).toMatchObject({
      risk: { missing: ["place"] },
      kept: [],
    });
  });

  it("says where a record does not hold whether a required signal was there", () => {
    expect(rescored(weighted(), weighted("required: [place, agent]"))).toMatchObject({
      risk: { missing: [] },
      kept: ["required"],
    });
  });

  it("finds nothing by itself under weighted rules, and keeps what a statistical model found", () => {
    const old = record({ found: [{ name: "device", points: 35 }], sum: 35 });
    expect(rescored("model: statistical", weighted(), old)).toMatchObject({
      risk: { found: [], sum: 0 },
      kept: [],
    });
    const more = "model: statistical\ncalibration: { lowest: -8, highest: 16, exposure: 1 }";
    expect(rescored("model: statistical", more, old)).toMatchObject({
      risk: { found: old.found, sum: 35 },
      kept: ["model"],
    });
    expect(rescored(weighted(), "model: statistical", record())?.kept).toEqual(["model"]);
    const bad = record({ ...old, signals: { ...SIGNALS, knownBadNetwork: true } });
    const listed = "model: statistical\nnetworks: [198.51.100.0/24]";
    expect(rescored(listed, "model: statistical", bad)).toMatchObject({
      risk: { signals: { knownBadNetwork: false }, sum: 35 },
      kept: ["model"],
    });
  });

  it("knows of another list of networks only what follows from the old one", () => {
    const [none, one, two] = [
      "",
      "networks: [198.51.100.0/24]",
      "networks: [198.51.100.0/24, 203.0.113.0/24]",
    ].map(weighted);
    const bad = record({ signals: { ...SIGNALS, knownBadNetwork: true } });
    const on = (from: string | undefined, to: string | undefined, of: RiskRecord) => {
      const found = rescored(from ?? "", to ?? "", of);
      return [found?.risk?.signals.knownBadNetwork, found?.kept];
    };
    expect(on(one, two, bad)).toEqual([true, []]);
    expect(on(one, two, record())).toEqual([false, ["networks"]]);
    expect(on(two, one, bad)).toEqual([true, ["networks"]]);
    expect(on(two, one, record())).toEqual([false, []]);
    expect(on(two, none, bad)).toEqual([false, []]);
  });

  it("says that nothing can be scored where nobody had looked, and needs nothing where no score is made", () => {
    expect(rescored(null, weighted(), null)).toEqual({ risk: null, kept: ["signals"] });
    expect(rescored(weighted(), null, record({ missing: ["country"], sum: 9 }))).toMatchObject({
      risk: { missing: [], sum: 0, found: [] },
      kept: [],
    });
  });
});
