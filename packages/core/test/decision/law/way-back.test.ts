import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  anyScene,
  aProtection,
  aScene,
  decideScene,
  honouredScene,
  isOpen,
  type Scene,
} from "../../../../testing/src/builders/index.ts";
import { ASSURANCES, authenticationChallenge, wwwAuthenticate } from "../../../src/index.ts";
import { withOptOuts } from "./waiving.ts";

/** The same session after signing in again with everything there is. */
function confirmed(scene: Scene): Scene {
  const { session, now } = scene;
  if (session === null) return scene;
  const fresh = { acr: "aal3", authTime: now.latest, inactivityEndsAt: null, revokedAt: null } as const;
  const expiresAt = Math.max(session.expiresAt, now.latest + 1) as typeof session.expiresAt;
  return { ...scene, session: { ...session, ...fresh, expiresAt } };
}

describe("law 8, a way back in", () => {
  it("a known subject who meets every challenge gets through in the same session", () => {
    let met = 0;
    fc.assert(
      fc.property(anyScene, (scene) => {
        const decision = decideScene(scene);
        const own = scene.session !== null && scene.session.subject === scene.subject?.ref;
        const access = decision.unmet.some(({ challenge }) => challenge?.kind === "request-access");
        if (decision.outcome !== "challenge" || !own || access) return;
        met += 1;
        expect(isOpen(decideScene(confirmed(scene)))).toBe(true);
      }),
      { numRuns: 800 },
    );
    expect(met).toBeGreaterThan(50);
  });

  it("an opt-out that is no longer honoured becomes a challenge, never a refusal", () => {
    fc.assert(
      fc.property(honouredScene, (scene) => {
        expect(decideScene(withOptOuts(scene, () => ({ standing: "revoked" }))).outcome).toBe("challenge");
      }),
    );
  });

  it("a challenge says how each thing that is missing can be met; a refusal holds at least one that cannot", () => {
    fc.assert(
      fc.property(anyScene, (scene) => {
        const { outcome, unmet } = decideScene(scene);
        const unmeetable = unmet.filter(({ challenge }) => challenge === null).length;
        if (outcome === "challenge") expect([unmet.length > 0, unmeetable]).toEqual([true, 0]);
        if (outcome === "deny") expect(unmeetable).toBeGreaterThan(0);
        if (outcome === "permit" || outcome === "honour") expect(unmet).toEqual([]);
      }),
      { numRuns: 800 },
    );
  });

  it("the challenge that is sent asks for the highest assurance and the shortest age of all that is missing", () => {
    fc.assert(
      fc.property(anyScene, (scene) => {
        const decision = decideScene(scene);
        const sent = authenticationChallenge(decision);
        if (decision.outcome !== "challenge") return void expect(sent).toBeNull();
        const asked = decision.unmet.flatMap(({ challenge }) =>
          challenge === null || challenge.kind === "request-access" ? [] : [challenge],
        );
        const highest = Math.max(...asked.map(({ acr }) => ASSURANCES.indexOf(acr)));
        expect(sent?.acrValues ?? "none").toBe(ASSURANCES[highest] ?? "none");
        const ages = asked.flatMap((one) =>
          one.kind === "step-up" && one.maxAge !== null ? [one.maxAge] : [],
        );
        expect(sent?.maxAge).toBe(ages.length === 0 ? null : Math.floor(Math.min(...ages) / 1000));
      }),
      { numRuns: 800 },
    );
  });

  it("whoever is signed in is told that it was not enough, a visitor only to sign in", () => {
    const header = (scene: Scene): string => {
      const challenge = authenticationChallenge(decideScene(scene));
      return challenge === null ? "" : wwwAuthenticate(challenge);
    };
    const policy = { protections: [aProtection()], offers: [], risk: null };
    expect(header(aScene({ policy }))).toBe(
      'Bearer realm="postern", error="insufficient_user_authentication", ' +
        'error_description="a higher or fresher authentication is needed", acr_values="aal2"',
    );
    const nobody = { session: null, subject: null, device: null };
    const visitor = aScene({ policy, ...nobody, request: { ...aScene().request, subject: null } });
    expect(header(visitor)).toBe('Bearer realm="postern", acr_values="aal2"');
  });
});
