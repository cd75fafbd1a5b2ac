import { describe, expect, it } from "vitest";
import {
  after,
  anOffer,
  anOptOut,
  aProtection,
  aRequest,
  aScene,
  aSession,
  decideScene,
  idOf,
  ruleOf,
  type Scene,
} from "../../../testing/src/builders/index.ts";

const alone = (protection: ReturnType<typeof aProtection>): Scene["policy"] => ({
  protections: [protection],
  offers: [],
  risk: null,
});
const visitor = {
  session: null,
  subject: null,
  device: null,
  request: aRequest({ subject: null }),
};
const told = (scene: Scene): readonly string[] => {
  const { outcome, unmet } = decideScene(scene);
  return [outcome, ...unmet.map(({ reason }) => reason)];
};

describe("a decision", () => {
  it("permits a public resource to anyone; nothing is honoured there", () => {
    const policy = alone(aProtection({ assurance: "none", stepUp: null }));
    expect(told(aScene({ policy, ...visitor }))).toEqual(["permit"]);
  });

  it("refuses what no Protection covers", () => {
    const policy = alone(aProtection({ resources: ["route:/elsewhere/**"] }));
    expect(told(aScene({ policy }))).toEqual(["deny", "not_governed"]);
  });

  it("permits and counts as ungoverned what only observed Protections cover", () => {
    const decision = decideScene(aScene({ policy: alone(aProtection({ mode: "observe" })) }));
    expect([decision.outcome, decision.governed, decision.wouldBe?.outcome]).toEqual([
      "permit",
      false,
      "challenge",
    ]);
  });

  it("says of a Protection that only warns what it would answer, and that people are to see it", () => {
    const decision = decideScene(aScene({ policy: alone(aProtection({ mode: "warn" })) }));
    expect([decision.outcome, decision.wouldBe?.warn]).toEqual(["permit", true]);
  });

  it("challenges a visitor, and refuses a known subject, whom no rule permits", () => {
    const policy = alone(aProtection({ permit: [ruleOf("false")], stepUp: null }));
    expect(told(aScene({ policy }))).toEqual(["deny", "not_permitted"]);
    expect(told(aScene({ policy, ...visitor }))).toEqual(["challenge", "not_permitted", "no_session"]);
  });

  it("refuses where no Protection says who is permitted", () => {
    expect(told(aScene({ policy: alone(aProtection({ permit: null, stepUp: null })) }))).toEqual([
      "deny",
      "not_permitted",
    ]);
  });

  it("asks every Protection that states who is permitted, not just the deepest", () => {
    const deep = aProtection({ name: "deep", resources: ["route:/a/b"], stepUp: null });
    const root = aProtection({ permit: [ruleOf("false")], stepUp: null });
    const policy = { protections: [root, deep], offers: [], risk: null };
    expect(told(aScene({ policy }))).toEqual(["deny", "not_permitted"]);
  });

  it("takes the strictest requirement that is inherited", () => {
    const root = aProtection({ stepUp: { assurance: "aal3", maxAge: null } });
    const deep = aProtection({ name: "deep", resources: ["route:/a/b"], stepUp: null });
    const policy = { protections: [root, deep], offers: [], risk: null };
    const session = aSession({ acr: "aal2" });
    expect(told(aScene({ policy, session }))).toEqual(["challenge", "assurance_too_low"]);
  });

  it("does not count another subject's session", () => {
    const session = aSession({ subject: idOf("sub", "ben") });
    expect(told(aScene({ session }))[1]).toBe("session_of_another_subject");
  });

  it.each([
    ["past its overall end", { expiresAt: after(0) }],
    ["revoked", { revokedAt: after(-1) }],
    ["past its inactivity end", { inactivityEndsAt: after(0) }],
  ])("does not count a session that is %s, nor the opt-outs of its subject", (_, changes) => {
    expect(told(aScene({ session: aSession({ acr: "aal3", ...changes }) }))).toEqual([
      "challenge",
      "session_ended",
      "session_ended",
    ]);
  });

  it("challenges a visitor, and refuses whoever is signed in, at a path without a single meaning", () => {
    const request = aRequest({ resource: { type: "route", id: "/a/../b", segments: null } });
    expect(told(aScene({ request }))).toEqual(["deny", "path_not_canonical"]);
    expect(told(aScene({ ...visitor, request: { ...request, subject: null } }))).toEqual([
      "challenge",
      "path_not_canonical",
    ]);
  });

  it("honours a visitor by an anonymous opt-out within the budget, and challenges past it", () => {
    const offer = anOffer({ control: "authentication", holders: new Set(["anonymous"]), downTo: "none" });
    const optOut = anOptOut({
      control: "authentication",
      holder: { kind: "anonymous" },
      downTo: "none",
      consentNeeded: false,
      consent: null,
      approvalsNeeded: 1,
      approvals: [{ by: idOf("sub", "olga"), at: after(-1) }],
    });
    const policy = { protections: [aProtection({ stepUp: null })], offers: [offer], risk: null };
    const scene = aScene({ policy, ...visitor, optOuts: [optOut] });
    expect(told(scene)).toEqual(["honour"]);
    expect(told({ ...scene, spent: new Set(["relaxed"]) })).toEqual(["challenge", "no_session"]);
  });

  it("asks for a lease where one is required, and offers to ask for it", () => {
    const policy = alone(aProtection({ lease: { system: "db", role: "admin" }, stepUp: null }));
    const { outcome, unmet } = decideScene(aScene({ policy }));
    expect([outcome, unmet[0]?.challenge]).toEqual([
      "challenge",
      { kind: "request-access", system: "db", role: "admin" },
    ]);
  });

  it("does not change what the session says of itself when it waives", () => {
    const scene = aScene();
    decideScene(scene);
    expect(scene.session).toEqual(aSession());
  });

  it("tells the first reason of each opt-out that it considered", () => {
    const optOuts = [
      anOptOut({ id: idOf("oo", "late"), expiresAt: after(-1) }),
      anOptOut({ id: idOf("oo", "off"), standing: "suspended" }),
      anOptOut({ id: idOf("oo", "doubt"), standing: "suspended", suspendedInDoubt: true }),
      anOptOut({ id: idOf("oo", "ended"), standing: "revoked", suspendedInDoubt: true }),
    ];
    expect(decideScene(aScene({ optOuts })).notHonoured.map(({ reason }) => reason)).toEqual([
      "expired",
      "not_active",
      "suspended_in_doubt",
      "not_active",
    ]);
  });
});
