import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  after,
  anOffer,
  anOptOut,
  aProtection,
  aScene,
  aSession,
  decideScene,
  honouredScene,
  idOf,
  ruleOf,
  type Scene,
} from "../../../../testing/src/builders/index.ts";
import type { ReasonCode } from "../../../src/index.ts";

const NODE_DOUBTS: readonly ReasonCode[] = [
  "node_stale",
  "clock_distrusted",
  "database_stale",
  "row_tampered",
  "recording_unavailable",
];

/** Offers of the scene, all changed. */
function withOffers(scene: Scene, changes: Parameters<typeof anOffer>[0]): Scene {
  const offers = scene.policy.offers.map((offer) => ({ ...offer, ...changes }));
  return { ...scene, policy: { ...scene.policy, offers } };
}

/** Each doubt alone; what needs a session is tried where there is one. */
const DOUBTS: Readonly<Record<string, (scene: Scene) => Scene | null>> = {
  "someone acts for the subject": (scene) => ({
    ...scene,
    request: { ...scene.request, delegated: true },
  }),
  "the risk is unknown and the offers have a limit": (scene) =>
    withOffers({ ...scene, policy: { ...scene.policy, risk: null } }, { riskAtMost: "high" }),
  "a verified state is not held": (scene) => withOffers(scene, { states: ["never-held"] }),
  "the offers' condition does not hold": (scene) => withOffers(scene, { while: ruleOf("false") }),
  "the offers' condition cannot be evaluated": (scene) =>
    withOffers(scene, { while: ruleOf("resource.owner == resource.owner") }),
  "the offers are gone": (scene) => ({ ...scene, policy: { ...scene.policy, offers: [] } }),
  "the offers are only observed": (scene) => withOffers(scene, { mode: "observe" }),
  "the offers only warn": (scene) => withOffers(scene, { mode: "warn" }),
  "the device is shared": (scene) => onDevice(scene, true),
  "nobody has said whether the device is shared": (scene) => onDevice(scene, null),
  "the session names a device of which nothing is known": (scene) =>
    counts(scene)
      ? { ...scene, session: { ...counts(scene), device: idOf("dev", "lost") } as never, device: null }
      : null,
};

function counts(scene: Scene): Scene["session"] {
  const { session, subject, now } = scene;
  const live =
    session !== null &&
    session.subject === subject?.ref &&
    session.revokedAt === null &&
    session.expiresAt > now.latest;
  return live && (session.inactivityEndsAt === null || session.inactivityEndsAt > now.latest)
    ? session
    : null;
}

function onDevice(scene: Scene, shared: boolean | null): Scene | null {
  return counts(scene) === null || scene.device === null
    ? null
    : { ...scene, device: { ...scene.device, shared } };
}

describe("law 5, doubt closes it", () => {
  it.each(Object.entries(DOUBTS))("nothing is honoured when %s", (_, doubt) => {
    let tried = 0;
    fc.assert(
      fc.property(honouredScene, (scene) => {
        const doubted = doubt(scene);
        if (doubted === null) return;
        tried += 1;
        expect(decideScene(doubted).outcome).not.toBe("honour");
      }),
    );
    expect(tried).toBeGreaterThan(20);
  });

  it.each(NODE_DOUBTS)("nothing is honoured by a node in doubt (%s), and the reason is told", (doubt) => {
    fc.assert(
      fc.property(honouredScene, (scene) => {
        const decision = decideScene({ ...scene, doubt });
        expect(decision.outcome).not.toBe("honour");
        expect(decision.notHonoured.map(({ reason }) => reason)).toContain(doubt);
      }),
    );
  });

  it("a doubt changes no answer that rests on no opt-out", () => {
    const signedIn = aScene({ session: aSession({ acr: "aal2" }) });
    expect(decideScene({ ...signedIn, doubt: "node_stale" }).outcome).toBe("permit");
  });

  it("an offer with a risk limit is honoured up to it, not above it, and not where the risk is unknown", () => {
    const told = (level: "low" | "medium" | "high" | null): string => {
      const risk = level === null ? null : { rules: [{ ...ruleOf("true"), level }], requires: new Map() };
      const policy = { protections: [aProtection()], offers: [anOffer({ riskAtMost: "medium" })], risk };
      const { outcome, notHonoured } = decideScene(aScene({ policy }));
      return notHonoured[0]?.reason ?? outcome;
    };
    expect([told("low"), told("medium"), told("high"), told(null)]).toEqual([
      "honour",
      "honour",
      "risk_too_high",
      "risk_unknown",
    ]);
  });

  it("a risk rule that cannot be evaluated still asks for what its level requires", () => {
    const scene = (amount: bigint | null): Scene =>
      aScene({
        policy: {
          protections: [aProtection({ stepUp: null })],
          offers: [],
          risk: {
            rules: [{ ...ruleOf("context.amount > 100"), level: "high" }],
            requires: new Map([["high", { assurance: "aal3", maxAge: null }]]),
          },
        },
        request: {
          ...aScene().request,
          given: {
            ...aScene().request.given,
            context: amount === null ? new Map() : new Map([["amount", amount]]),
          },
        },
      });
    expect(decideScene(scene(5n)).outcome).toBe("permit");
    expect(decideScene(scene(500n)).outcome).toBe("challenge");
    expect(decideScene(scene(null)).outcome).toBe("challenge");
    expect(decideScene(scene(null)).risk).toBe("unknown");
  });

  it("a visitor on a public page is not asked to step up because nothing is known of visitors", () => {
    const risk = {
      rules: [{ ...ruleOf("subject.level > 3"), level: "high" as const }],
      requires: new Map([["high" as const, { assurance: "aal3" as const, maxAge: null }]]),
    };
    const scene = aScene({
      policy: { protections: [aProtection({ assurance: "none", stepUp: null })], offers: [], risk },
      request: { ...aScene().request, subject: null },
      session: null,
      subject: null,
      device: null,
    });
    expect(decideScene(scene).outcome).toBe("permit");
  });

  it("a session past its inactivity end steps nobody up, even where no assurance is asked for", () => {
    const scene = aScene({
      policy: { protections: [aProtection({ assurance: "none" })], offers: [], risk: null },
      session: aSession({ acr: "aal3", inactivityEndsAt: after(-1) }),
    });
    expect(decideScene(scene).outcome).toBe("challenge");
  });

  it("an authentication dated in the future is not a fresh one", () => {
    const stepUp = { assurance: "aal1" as const, maxAge: 60_000 as never };
    const policy = { protections: [aProtection({ stepUp })], offers: [], risk: null };
    const dated = (at: number): string =>
      decideScene(aScene({ policy, session: aSession({ authTime: after(at) }) })).outcome;
    expect([dated(-1_000), dated(1)]).toEqual(["permit", "challenge"]);
  });

  it("a device's opt-out counts only in a session on that very device", () => {
    const holder = { kind: "device", device: idOf("dev", "laptop"), subject: null } as const;
    const on = (device: "laptop" | "kiosk"): string =>
      decideScene(
        aScene({
          session: aSession({ device: idOf("dev", device) }),
          optOuts: [anOptOut({ holder })],
        }),
      ).outcome;
    expect([on("laptop"), on("kiosk")]).toEqual(["honour", "challenge"]);
  });
});
