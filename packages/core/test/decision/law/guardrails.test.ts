import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  after,
  aLock,
  anOffer,
  anOptOut,
  anyScene,
  aProtection,
  aRequest,
  aScene,
  decideScene,
  honouredScene,
  idOf,
  type Scene,
  scopeOf,
} from "../../../../testing/src/builders/index.ts";
import { type Lock, type LockTarget, NEVER_WAIVABLE, reaches } from "../../../src/index.ts";
import { waiving } from "./waiving.ts";

/** Locks that cover what is honoured in a scene, one for each kind of target. */
function coveringLocks(scene: Scene): readonly LockTarget[] {
  const [waived] = waiving(scene, decideScene(scene));
  if (waived === undefined) return [];
  const { subject, session, request } = scene;
  const [first = ""] = request.resource.segments ?? [];
  return [
    { kind: "everything" },
    { kind: "control", control: waived.control },
    { kind: "offer", offer: waived.offer },
    { kind: "opt-out", optOut: waived.id },
    { kind: "resource", resource: `route:/${first}/**` },
    { kind: "resource", resource: `route:/${first.toUpperCase()}/**` },
    { kind: "resource", resource: "neither a type nor a path" },
    ...(subject === null ? [] : [{ kind: "subject", subject: subject.ref } as const]),
    ...(session?.device == null ? [] : [{ kind: "device", device: session.device } as const]),
  ];
}

describe("law 6, guardrails win", () => {
  it("a lock that covers it beats every opt-out, whatever it is placed on", () => {
    fc.assert(
      fc.property(honouredScene, (scene) => {
        for (const target of coveringLocks(scene)) {
          const decision = decideScene({ ...scene, locks: [aLock(target)] });
          // Where the lock is on one offer, control or opt-out alone, another opt-out may stand in.
          const narrow = target.kind === "control" || target.kind === "offer" || target.kind === "opt-out";
          if (!narrow) expect(decision.outcome).not.toBe("honour");
          const left = waiving(scene, decision);
          if (target.kind === "opt-out") expect(left.map(({ id }) => id)).not.toContain(target.optOut);
          if (target.kind === "offer") expect(left.map(({ offer }) => offer)).not.toContain(target.offer);
          if (target.kind === "control")
            expect(left.map(({ control }) => control)).not.toContain(target.control);
        }
      }),
    );
  });

  it("a lock holds until the earliest time is past its end, and no longer once it is lifted", () => {
    const outcome = (changes: Partial<Lock>): string => {
      const lock = aLock({ kind: "everything" }, changes);
      const now = { earliest: after(0), latest: after(2_000) };
      return decideScene(aScene({ locks: [lock], now })).outcome;
    };
    expect(outcome({ until: after(1_000) })).toBe("challenge");
    expect(outcome({ until: after(0) })).toBe("honour");
    expect(outcome({ until: Number.NaN as never })).toBe("challenge");
    expect(outcome({ liftedAt: after(-1) })).toBe("honour");
  });

  it("a lock on a path holds where a Protection gives the path another name", () => {
    const protections = [aProtection({ as: { action: null, resource: { type: "report", id: "7" } } })];
    const offer = anOffer({ scope: scopeOf(["get"], ["report:7"]) });
    const scene = aScene({
      policy: { protections, offers: [offer], risk: null },
      optOuts: [anOptOut({ scope: offer.scope })],
    });
    expect(decideScene(scene).outcome).toBe("honour");
    for (const resource of ["route:/a/**", "report:7", "route:/A/B"]) {
      const locked = decideScene({ ...scene, locks: [aLock({ kind: "resource", resource })] });
      expect(locked.notHonoured[0]?.reason).toBe("locked");
    }
  });

  it("a lock written with other letters of the same path holds", () => {
    const path = { type: "route", id: "/a/caf%C3%A9", segments: ["a", "caf%C3%A9"] };
    const lock = aLock({ kind: "resource", resource: "route:/a/café" });
    expect(decideScene(aScene({ request: aRequest({ resource: path }), locks: [lock] })).outcome).toBe(
      "challenge",
    );
  });

  it("nothing is honoured on a sensitive resource", () => {
    fc.assert(
      fc.property(honouredScene, (scene) => {
        const sensitive = aProtection({
          name: "sensitive",
          resources: ["route:/a/**", "route:/b/**", "route:/c/**"],
          permit: null,
          assurance: "none",
          stepUp: null,
          sensitive: true,
        });
        const { protections } = scene.policy;
        const marked = { ...scene, policy: { ...scene.policy, protections: [...protections, sensitive] } };
        expect(decideScene(marked).outcome).not.toBe("honour");
      }),
    );
  });

  it.each([...NEVER_WAIVABLE])(
    "%s always faces the full control, also where policy calls it otherwise",
    (action) => {
      const offer = anOffer({ scope: scopeOf([action, "get"], ["route:/a/**"]) });
      const optOuts = [anOptOut({ scope: offer.scope })];
      const asked = (as: { action: string } | null, name: string): string =>
        decideScene(
          aScene({
            policy: {
              protections: [aProtection({ as: as === null ? null : { ...as, resource: null } })],
              offers: [offer],
              risk: null,
            },
            request: aRequest({ action: name }),
            optOuts,
          }),
        ).outcome;
      expect(asked(null, "get")).toBe("honour");
      expect(asked(null, action)).toBe("challenge");
      expect(asked({ action: "get" }, action)).toBe("challenge");
      expect(asked({ action }, "get")).toBe("challenge");
    },
  );

  it("the floor of every Protection on the way, and what policy now offers, are never undercut", () => {
    fc.assert(
      fc.property(anyScene, (scene) => {
        const decision = decideScene(scene);
        const acr = scene.session?.acr ?? "none";
        for (const { control, downTo, offer } of waiving(scene, decision)) {
          if (control === "session-timeout") continue;
          for (const { floor } of decision.protections) {
            expect(reaches(acr, floor)).toBe(true);
          }
          expect(reaches(acr, downTo)).toBe(true);
          const offered = scene.policy.offers.find(({ name }) => name === offer)?.downTo ?? "none";
          expect(reaches(acr, offered)).toBe(true);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it("an opt-out granted down to nothing lowers no further than policy offers today", () => {
    const scene = aScene({
      policy: {
        protections: [aProtection({ stepUp: { assurance: "aal3", maxAge: null } })],
        offers: [anOffer({ downTo: "aal2" })],
        risk: null,
      },
      optOuts: [anOptOut({ downTo: "none" })],
    });
    expect(decideScene(scene).notHonoured[0]?.reason).toBe("guardrail_floor");
  });

  it("uses are counted against the lesser of what was granted and what policy offers today", () => {
    const scene = (usesMax: number | null, offered: number | null, used: number): string =>
      decideScene(
        aScene({
          policy: { protections: [aProtection()], offers: [anOffer({ uses: offered })], risk: null },
          optOuts: [anOptOut({ usesMax })],
          uses: new Map([["oo_one", used]]),
        }),
      ).outcome;
    expect([scene(3, null, 2), scene(3, null, 3)]).toEqual(["honour", "challenge"]);
    expect([scene(null, 2, 1), scene(null, 2, 2), scene(9, 2, 2)]).toEqual([
      "honour",
      "challenge",
      "challenge",
    ]);
  });

  it("no opt-out waives a lease, an account out of use, or the need for a Protection and a rule", () => {
    fc.assert(
      fc.property(anyScene, (scene) => {
        for (const { requirement } of decideScene(scene).waived) {
          expect(["authenticated", "stepped-up", "session-live"]).toContain(requirement.kind);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it("an account out of use is refused whatever opt-outs it has", () => {
    const subject = { ref: idOf("sub", "ana"), attributes: new Map(), states: new Set(["suspended"]) };
    expect(decideScene(aScene({ subject })).outcome).toBe("deny");
  });

  it("no opt-out makes a session outlive its overall end", () => {
    const timeout = anOffer({ name: "stay", control: "session-timeout" });
    const optOut = anOptOut({ offer: "stay", control: "session-timeout" });
    const outcome = (expiresAt: number): string =>
      decideScene(
        aScene({
          policy: { protections: [aProtection({ stepUp: null })], offers: [timeout], risk: null },
          session: { ...aScene().session, inactivityEndsAt: after(-1), expiresAt: after(expiresAt) } as never,
          optOuts: [optOut],
        }),
      ).outcome;
    expect([outcome(1), outcome(0)]).toEqual(["honour", "challenge"]);
  });
});
