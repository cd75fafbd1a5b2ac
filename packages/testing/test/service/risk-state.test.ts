import { createSecretKey } from "node:crypto";
import {
  compilePolicy,
  type Factor,
  type Instant,
  makeId,
  type Policy,
  type Session,
  type SubjectRef,
} from "@postern/core";
import { describe, expect, it } from "vitest";
import { riskState } from "../../../service/src/risk/risk.ts";
import { randomPool } from "../../../service/src/seal/box.ts";
import { manualWorld } from "../../src/index.ts";
import { artifactsInMemory } from "./artifacts-in-memory.ts";

const ana: SubjectRef = makeId("sub", new Uint8Array(16).fill(1));
const key = createSecretKey(new Uint8Array(32).fill(3));
const session: Session = {
  id: makeId("ses", new Uint8Array(16).fill(2)),
  subject: ana,
  device: null,
  acr: "aal1",
  amr: [],
  authTime: 0 as Instant,
  startedAt: 0 as Instant,
  expiresAt: 1 as Instant,
  inactivityEndsAt: null,
  revokedAt: null,
  registeredBy: "postern",
};
const HOME = { address: "192.0.2.7", agent: "Browser/1" };

function policy(): Policy {
  const text = `kind: Risk
name: risk
owner: security
model: statistical
rules: [{ name: bad network, when: signals.knownBadNetwork, points: 50 }]
`;
  const compiled = compilePolicy([{ path: "risk.yaml", text }]);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return compiled.policy;
}

function ground(factors: readonly Pick<Factor, "enrolledAt" | "removedAt">[] = [], usual = true) {
  const world = manualWorld();
  const table = artifactsInMemory();
  const alarms: string[] = [];
  const open = () =>
    riskState({
      world,
      store: table.store,
      keys: { get: () => key },
      pool: randomPool((count) => world.random(count)),
      key,
      working: key,
      data: null,
      now: () => world.wall(),
      factorsOf: () => factors,
      complianceOf: () => "unknown",
      mayBecomeUsual: () => usual,
      alarm: (detail) => void alarms.push(detail),
    });
  return { world, table, alarms, open };
}
const from = (client: typeof HOME | null, device: string | null = null) => ({
  client,
  network: null,
  device,
});
const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));

describe("what is known of the risk of who asks", () => {
  it("counts a factor that was removed as a credential that changed", async () => {
    const at = (minute: number): Instant => (minute * 60_000) as Instant;
    const rules = policy();
    const { open } = ground([
      { enrolledAt: at(10), removedAt: at(40) },
      { enrolledAt: at(30), removedAt: null },
    ]);
    const risk = open();
    risk.facts(ana, from(HOME), rules);
    await later();
    expect(risk.facts(ana, from(HOME), rules)?.signals.credentialChangedAt).toBe(at(40));
  });

  it("works out anew for no visitor what it worked out before, for thousands of them", async () => {
    const rules = policy();
    const risk = ground().open();
    risk.facts(null, from(HOME), rules);
    await later();
    const address = (at: number): string => `198.51.${at >> 8}.${at & 255}`;
    const facts = (at: number) => risk.facts(null, from({ ...HOME, address: address(at) }), rules);
    const first = Array.from({ length: 2_000 }, (_, at) => facts(at));
    expect(first.every((one, at) => one !== undefined && one === facts(at))).toBe(true);
  });

  it("takes two origins for one in no way of writing them", async () => {
    const rules = policy();
    const risk = ground().open();
    risk.facts(ana, from(HOME), rules);
    await later();
    const one = risk.facts(ana, from({ address: HOME.address, agent: "A\nB" }, "C"), rules);
    const other = risk.facts(ana, from({ address: HOME.address, agent: "A" }, "B\nC"), rules);
    expect(one).toBeDefined();
    expect(one).not.toBe(other);
  });

  it("is unknown where a history stands and nothing is known of everybody, until that is counted anew", async () => {
    const rules = policy();
    const { open, table, alarms } = ground();
    const before = open();
    await before.signedIn(session, from(HOME));
    await before.close();
    expect(table.rows.delete("risk/population")).toBe(true);
    const risk = open();
    risk.facts(ana, from(HOME), rules);
    await later();
    expect(risk.facts(ana, from(HOME), rules)).toBeUndefined();
    expect(risk.facts(ana, from(HOME), rules)).toBeUndefined();
    expect(alarms).toHaveLength(1);
    await risk.signedIn(session, from({ ...HOME, address: "198.51.100.7" }));
    await later();
    expect(risk.facts(ana, from(HOME), rules)?.history).toBe(true);
  });

  it("begins to know everybody anew with a sign-in that becomes nobody's usual one", async () => {
    const rules = policy();
    const { open, table } = ground([], false);
    const before = open();
    await before.signedIn(session, from(HOME));
    await before.close();
    table.rows.delete("risk/population");
    const risk = open();
    await risk.signedIn(session, from({ ...HOME, address: "198.51.100.7" }));
    expect(risk.facts(ana, from({ ...HOME, address: "198.51.100.7" }), rules)?.signals).toMatchObject({
      newNetwork: true,
      signIns: 1,
    });
  });
});
