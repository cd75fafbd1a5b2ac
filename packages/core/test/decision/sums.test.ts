import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyScene, decideScene, isOpen, optOutBy, type Scene } from "../../../testing/src/builders/index.ts";

const WAIVABLE = new Set(["authenticated", "stepped-up", "session-live"]);

describe("an answer", () => {
  it("is an honour only where each thing that was missing is waived by an opt-out of its own control", () => {
    fc.assert(
      fc.property(anyScene, (scene) => {
        const decision = decideScene(scene);
        for (const { requirement, optOut, offer } of decision.waived) {
          const used = scene.optOuts.filter(({ id }) => id === optOut);
          expect(used.some((one) => one.control === requirement.control && one.offer === offer)).toBe(true);
        }
        const controls = decision.waived.map(({ requirement }) => requirement.control);
        expect(new Set(controls).size).toBe(controls.length);
        if (decision.outcome === "honour") expect(controls.length).toBeGreaterThan(0);
        if (decision.outcome === "permit") expect(controls).toEqual([]);
      }),
      { numRuns: 800 },
    );
  });

  it("of permit stays so whatever opt-out is added, and no opt-out turns anything into permit", () => {
    fc.assert(
      fc.property(
        anyScene.chain((scene) => fc.tuple(fc.constant(scene), optOutBy(scene.policy.offers))),
        ([scene, added]) => {
          const before = decideScene(scene);
          const after = decideScene({ ...scene, optOuts: [...scene.optOuts, added] });
          expect(after.outcome === "permit").toBe(before.outcome === "permit");
        },
      ),
      { numRuns: 800 },
    );
  });

  it("of deny or challenge becomes an honour by an opt-out only where all that was missing can be waived", () => {
    fc.assert(
      fc.property(
        anyScene.chain((scene) => fc.tuple(fc.constant(scene), optOutBy(scene.policy.offers))),
        ([scene, added]) => {
          const before = decideScene(scene);
          const after = decideScene({ ...scene, optOuts: [...scene.optOuts, added] });
          if (after.outcome !== "honour" || isOpen(before)) return;
          expect(
            before.unmet.map(({ requirement }) => requirement.kind).filter((kind) => !WAIVABLE.has(kind)),
          ).toEqual([]);
        },
      ),
      { numRuns: 800 },
    );
  });

  it("is not opened by taking away anything that is known for a person", () => {
    fc.assert(
      fc.property(anyScene, fc.nat({ max: 100 }), (full, dice) => {
        // Visitors' opt-outs apply to whoever is not signed in, so signing out may reach them: not at issue here.
        const optOuts = full.optOuts.filter(({ holder }) => holder.kind !== "anonymous");
        const scene = { ...full, optOuts, subject: withoutWithdrawal(full.subject) };
        const open = isOpen(decideScene(scene));
        for (const less of lessKnown(scene, dice)) expect(isOpen(decideScene(less)) && !open).toBe(false);
      }),
      { numRuns: 800 },
    );
  });

  it("is opened by a stronger session at least as much as by a weaker one", () => {
    fc.assert(
      fc.property(anyScene, (full) => {
        const scene = { ...full, optOuts: full.optOuts.filter(({ holder }) => holder.kind !== "anonymous") };
        if (scene.session === null || !isOpen(decideScene(scene))) return;
        expect(isOpen(decideScene({ ...scene, session: { ...scene.session, acr: "aal3" } }))).toBe(true);
      }),
      { numRuns: 800 },
    );
  });
});

/** An account out of use is known to be so: forgetting that is not at issue here. */
function withoutWithdrawal(subject: Scene["subject"]): Scene["subject"] {
  if (subject === null) return null;
  return { ...subject, states: new Set([...subject.states].filter((state) => state === "verified")) };
}

/** The scene with one thing less in it, in each way. */
function lessKnown(scene: Scene, dice: number): readonly Scene[] {
  const { subject, device, request } = scene;
  const less: Scene[] = [
    { ...scene, session: null },
    { ...scene, device: null },
    { ...scene, subject: null },
    { ...scene, optOuts: scene.optOuts.filter((_, at) => at !== dice % Math.max(scene.optOuts.length, 1)) },
    { ...scene, request: { ...request, given: { ...request.given, context: new Map() } } },
  ];
  if (device !== null) less.push({ ...scene, device: { ...device, attributes: new Map() } });
  if (device !== null) less.push({ ...scene, device: { ...device, shared: null } });
  if (subject === null) return less;
  less.push({ ...scene, subject: { ...subject, states: new Set() } });
  for (const name of subject.attributes.keys()) {
    const attributes = new Map([...subject.attributes].filter(([other]) => other !== name));
    less.push({ ...scene, subject: { ...subject, attributes } });
  }
  return less;
}
