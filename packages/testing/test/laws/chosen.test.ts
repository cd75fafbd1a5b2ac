import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { POLICY, type Shop, shop } from "./shop.ts";

let at: Shop;
beforeEach(async () => {
  at = await shop();
});
afterEach(() => at.node.stop());

const codeOf = (result: { ok: boolean; refusal?: { code: string } }): string =>
  result.refusal?.code ?? "done";

describe("law 3, requester is never approver", () => {
  it("not even by another token of the same person", async () => {
    const asking = await at.manager("pia");
    const other = await at.manager("pia");
    const { id } = await at.request(asking, {
      offer: "guests",
      holder: { kind: "anonymous" },
      reason: "prices are no secret",
    });
    const { optOuts } = at.node.service;
    expect(codeOf(await optOuts.approve(other, id, null))).toBe("opt-out.own_approval");
    expect(await at.outcome(null, "/catalogue/a")).toBe("challenge");
    expect(must(await optOuts.approve(await at.manager("quinn"), id, null)).state).toBe("active");
    expect(await at.outcome(null, "/catalogue/a")).toBe("honour");
  });

  it("nor by the person whose it is, where somebody else asked", async () => {
    const { id } = await at.request(await at.manager("pia"), {
      offer: "approved",
      holder: { kind: "subject", subject: { type: "user", id: "ana" } },
    });
    expect(codeOf(await at.node.service.optOuts.approve(await at.manager("ana"), id, null))).toBe(
      "opt-out.own_approval",
    );
  });

  it("nor by a token that names nobody", async () => {
    const { id } = await at.request(await at.session("aal2"), { offer: "approved" });
    const nobody = await at.node.token(["opt-outs.approve"]);
    expect(codeOf(await at.node.service.optOuts.approve(nobody, id, null))).toBe("opt-out.approver_unknown");
  });

  it("and two approvals are two persons", async () => {
    const { optOuts } = at.node.service;
    const strong = await at.session("aal2");
    const { id } = await at.request(strong, { offer: "approved" });
    await at.consent(strong, id);
    must(await optOuts.approve(await at.manager("pia"), id, null));
    expect(codeOf(await optOuts.approve(await at.manager("pia"), id, null))).toBe("opt-out.already_approved");
    expect(await at.outcome(await at.session("aal1"))).toBe("challenge");
    expect(must(await optOuts.approve(await at.manager("quinn"), id, null)).state).toBe("active");
  });

  it("an edit voids the approvals that were given", async () => {
    const { optOuts } = at.node.service;
    const strong = await at.session("aal2");
    const { id } = await at.request(strong, { offer: "approved" });
    await at.consent(strong, id);
    must(await optOuts.approve(await at.manager("pia"), id, null));
    must(
      await optOuts.narrow(strong, id, null, {
        scope: { actions: ["get"], resources: ["route:/reports/a"] },
      }),
    );
    expect(must(await optOuts.approve(await at.manager("quinn"), id, null)).state).toBe("pending");
    expect(must(await optOuts.approve(await at.manager("pia"), id, null)).state).toBe("active");
  });

  it("an approval of an earlier version is refused", async () => {
    const { optOuts } = at.node.service;
    const strong = await at.session("aal2");
    const { id, version } = await at.request(strong, { offer: "approved" });
    must(
      await optOuts.narrow(strong, id, null, {
        scope: { actions: ["get"], resources: ["route:/reports/a"] },
      }),
    );
    expect(codeOf(await optOuts.approve(await at.manager("pia"), id, version))).toBe("version.changed");
  });
});

describe("law 3, consent", () => {
  const tried = async (by: Parameters<Shop["consent"]>[0], id: string, hash: string): Promise<string> =>
    codeOf(await at.node.service.optOuts.consent(by, id, { disclosure: hash, locale: "en" }));

  it("is given by the subject alone, in a session of their own, on the device that it is for", async () => {
    const strong = await at.session("aal2");
    const { id } = await at.request(strong, {
      offer: "own",
      holder: { kind: "device", device: { type: "device", id: "laptop" } },
    });
    const { hash } = must(await at.node.service.optOuts.disclosure(strong, id, ["en"]));
    expect(await tried(await at.manager("ana"), id, hash)).toBe("opt-out.consent_elsewhere");
    expect(await tried(at.node.admin, id, hash)).toBe("opt-out.consent_elsewhere");
    expect(await tried(await at.session("aal2", "ben"), id, hash)).toBe("not_found");
    expect(await tried(await at.session("aal2", "ana", "tablet"), id, hash)).toBe(
      "opt-out.consent_elsewhere",
    );
    expect(await tried(await at.session("aal1"), id, hash)).toBe("opt-out.fresh_sign_in");
    expect(await tried(strong, id, hash)).toBe("done");
  });

  it("is to the exact text that policy shows now", async () => {
    const strong = await at.session("aal2");
    const { id } = await at.request(strong, { offer: "own" });
    const { hash } = must(await at.node.service.optOuts.disclosure(strong, id, ["en"]));
    expect(
      await tried(
        strong,
        id,
        hash.replace(/^./, (first) => (first === "0" ? "1" : "0")),
      ),
    ).toBe("opt-out.disclosure_changed");
    expect(await tried(strong, id, "")).toBe("opt-out.disclosure_changed");
    await at.node.policy(
      POLICY.replaceAll("version: 1", "version: 2").replaceAll("You still need", "You will still need"),
    );
    expect(await tried(strong, id, hash)).toBe("opt-out.disclosure_changed");
    expect((await at.consent(strong, id)).state).toBe("active");
  });

  it("left to a token stays pending", async () => {
    const { state } = await at.request(await at.manager("pia"), {
      offer: "own",
      holder: { kind: "subject", subject: { type: "user", id: "ana" } },
    });
    expect(state).toBe("pending");
    expect(await at.outcome(await at.session("aal1"))).toBe("challenge");
  });
});
