import { describe, expect, it } from "vitest";
import {
  after,
  anOptOut,
  aScene,
  aSession,
  factsOf,
  HOUR,
  NOW,
  type Scene,
} from "../../../testing/src/builders/index.ts";
import { authentication } from "../../src/controls/authentication.ts";
import { identity } from "../../src/controls/identity.ts";
import { justInTimeAccess } from "../../src/controls/just-in-time-access.ts";
import { sessionTimeout } from "../../src/controls/session-timeout.ts";
import { stepUp } from "../../src/controls/step-up.ts";
import { CONTROL_IDS, CONTROLS, controlOf, type Demand, type Held } from "../../src/index.ts";

const demand: Demand = {
  assurance: "aal2",
  stepUp: { assurance: "aal2", maxAge: (HOUR / 2) as never },
  floor: "none",
  sensitive: false,
  leases: [{ system: "db", role: "admin" }],
  signIn: null,
  sessionProfiles: [],
};

function held(scene: Scene): Held {
  return {
    acr: scene.session?.acr ?? "none",
    session: scene.session,
    facts: factsOf(scene),
    now: { earliest: NOW, latest: NOW },
    sessionReason: "no_session",
  };
}
const at = (acr: "aal1" | "aal2", changes = {}): Held =>
  held(aScene({ session: aSession({ acr, ...changes }) }));
const nobody = held(aScene({ session: null, subject: null, device: null }));

describe("every control", () => {
  it("is in the list once, under its own name, with a sentence for people", () => {
    expect(CONTROLS.map(({ id }) => id).sort()).toEqual([...CONTROL_IDS].sort());
    for (const id of CONTROL_IDS) {
      expect(controlOf(id).id).toBe(id);
      expect(controlOf(id).summary).toMatch(/^[A-Z].*\.$/);
    }
  });

  it("says nothing is met of a requirement that is another control's", () => {
    const leased = { kind: "leased", control: "just-in-time-access", system: "db", role: "admin" } as const;
    expect(authentication.unmet(leased, at("aal2"))).toBe("not_waived_by_control");
    expect(stepUp.unmet(leased, at("aal2"))).toBe("not_waived_by_control");
  });
});

describe("authentication", () => {
  const requirement = { kind: "authenticated", control: "authentication", atLeast: "aal2" } as const;

  it("asks for the required assurance, and for nothing where the resource is public", () => {
    expect(authentication.requirement(demand, at("aal1"))).toEqual(requirement);
    expect(authentication.requirement({ ...demand, assurance: "none" }, at("aal1"))).toBeNull();
  });

  it("is met at that assurance or higher, and says why not otherwise", () => {
    expect(authentication.unmet(requirement, at("aal2"))).toBeNull();
    expect(authentication.unmet(requirement, at("aal1"))).toBe("assurance_too_low");
    expect(authentication.unmet(requirement, nobody)).toBe("no_session");
  });

  it("can be lowered to what the opt-out and the floor leave, whichever is stricter", () => {
    const floor = (downTo: "none" | "aal1" | "aal2", of: "none" | "aal2"): string | null =>
      authentication.floor(requirement, anOptOut({ downTo }), { ...demand, floor: of }, at("aal1"));
    expect([floor("none", "none"), floor("aal1", "none")]).toEqual([null, null]);
    expect([floor("aal2", "none"), floor("none", "aal2")]).toEqual(["guardrail_floor", "guardrail_floor"]);
  });

  it("is met by signing in", () => {
    expect(authentication.challenge(requirement, demand)).toEqual({
      kind: "sign-in",
      acr: "aal2",
      signIn: null,
    });
  });
});

describe("step-up", () => {
  const requirement = stepUp.requirement(demand, at("aal2"));
  if (requirement === null) throw new Error("a demand for a second step asks for one");

  it("is met by the assurance and an authentication that is fresh to the millisecond", () => {
    const aged = (age: number): string | null =>
      stepUp.unmet(requirement, at("aal2", { authTime: after(-age) }));
    expect([aged(0), aged(HOUR / 2), aged(HOUR / 2 + 1)]).toEqual([null, null, "authentication_too_old"]);
    expect(stepUp.unmet(requirement, at("aal1"))).toBe("assurance_too_low");
    expect(stepUp.unmet(requirement, nobody)).toBe("no_session");
  });

  it("asks for nothing where neither policy nor risk does", () => {
    expect(stepUp.requirement({ ...demand, stepUp: null }, at("aal1"))).toBeNull();
  });

  it("is never lowered below the floor", () => {
    expect(stepUp.floor(requirement, anOptOut(), { ...demand, floor: "aal2" }, at("aal1"))).toBe(
      "guardrail_floor",
    );
  });
});

describe("session time-out", () => {
  const requirement = { kind: "session-live", control: "session-timeout" } as const;

  it("asks only where an inactivity end is kept", () => {
    expect(sessionTimeout.requirement(demand, at("aal1"))).toBeNull();
    expect(sessionTimeout.requirement(demand, nobody)).toBeNull();
    expect(sessionTimeout.requirement(demand, at("aal1", { inactivityEndsAt: NOW }))).toEqual(requirement);
  });

  it("ends a session at its inactivity end, to the millisecond", () => {
    const ending = (end: number): string | null =>
      sessionTimeout.unmet(requirement, at("aal1", { inactivityEndsAt: after(end) }));
    expect([ending(1), ending(0), ending(-1)]).toEqual([null, "session_ended", "session_ended"]);
  });

  it("is not waived unless the device is known not to be shared", () => {
    const floor = (device: Scene["device"]): string | null =>
      sessionTimeout.floor(requirement, anOptOut(), demand, held(aScene({ device })));
    const laptop = aScene().device;
    if (laptop === null) throw new Error("the scene has a device");
    expect(floor(laptop)).toBeNull();
    expect(floor({ ...laptop, shared: true })).toBe("guardrail_shared_device");
    expect(floor({ ...laptop, shared: null })).toBe("guardrail_shared_device");
    expect(floor(null)).toBe("guardrail_shared_device");
  });
});

describe("just-in-time access", () => {
  const requirement = {
    kind: "leased",
    control: "just-in-time-access",
    system: "db",
    role: "admin",
  } as const;

  it("asks for the lease that policy names, and no opt-out gives it", () => {
    expect(justInTimeAccess.requirement(demand, at("aal2"))).toEqual(requirement);
    expect(justInTimeAccess.unmet(requirement, at("aal2"))).toBe("lease_missing");
    expect(justInTimeAccess.floor(requirement, anOptOut(), demand, at("aal2"))).toBe("guardrail_floor");
  });

  it("is met by asking for access", () => {
    expect(justInTimeAccess.challenge(requirement, demand)?.kind).toBe("request-access");
  });
});

describe("identity", () => {
  const requirement = { kind: "account-kept", control: "identity" } as const;
  const as = (state: string): Held => {
    const scene = aScene();
    if (scene.subject === null) throw new Error("the scene has a subject");
    return held({ ...scene, subject: { ...scene.subject, states: new Set([state]) } });
  };

  it("lets an account do nothing while it is suspended or withdrawn", () => {
    expect(identity.unmet(requirement, as("suspended"))).toBe("account_withdrawn");
    expect(identity.unmet(requirement, as("withdrawn"))).toBe("account_withdrawn");
    expect(identity.unmet(requirement, as("verified"))).toBeNull();
  });

  it("asks nothing of visitors, is waived by nothing and met by no challenge", () => {
    expect(identity.requirement(demand, nobody)).toBeNull();
    expect(identity.floor(requirement, anOptOut(), demand, as("suspended"))).toBe("guardrail_floor");
    expect(identity.challenge(requirement, demand)).toBeNull();
  });
});
