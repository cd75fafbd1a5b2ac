import { describe, expect, it } from "vitest";
import { readUpstreams } from "../../src/index.ts";
import { levelOf, reachOfUpstream } from "../../src/upstream/settings.ts";

const CORP = {
  id: "corp",
  name: "the company",
  issuer: "https://login.corp.example",
  client_id: "postern",
  client_secret: "a secret that nobody repeats",
};
const read = (...upstreams: readonly unknown[]) => readUpstreams(JSON.stringify({ upstreams }));

describe("the identity providers of a configuration", () => {
  it("are what the file says", () => {
    const upstreams = read(CORP, { ...CORP, id: "club", issuer: "http://127.0.0.1:9000" });
    expect(upstreams).toMatchObject({
      ok: true,
      value: [
        { id: "corp", scope: "openid", alg: "RS256", highest: "aal2", opens: null, ends: null },
        { id: "club" },
      ],
    });
  });

  it("are refused together where one of them is not sound, and no secret is repeated", () => {
    for (const wrong of [
      { ...CORP, issuer: "http://login.corp.example" },
      { ...CORP, issuer: "https://login.corp.example?x=1" },
      { ...CORP, issuer: "https://me:it@login.corp.example" },
      { ...CORP, id: "../x" },
      { ...CORP, id: "Corp" },
      { ...CORP, name: "" },
      { ...CORP, client_id: undefined },
      { ...CORP, scope: "profile" },
      { ...CORP, alg: "none" },
      { ...CORP, alg: "HS256" },
      { ...CORP, acr: { mfa: "aal4" } },
      { ...CORP, acr: "aal2" },
      { ...CORP, highest: "none" },
      { ...CORP, states: { email_verified: "Address Verified" } },
      { ...CORP, states: { blocked: "suspended" } },
      { ...CORP, opens: true },
      { ...CORP, trust: true },
      "corp",
    ]) {
      const upstreams = read({ ...CORP, id: "other", issuer: "https://other.example" }, wrong);
      expect(upstreams).toMatchObject({ ok: false, refusal: expect.stringMatching(/^upstreams\[1\]: /) });
      expect(JSON.stringify(upstreams)).not.toContain("nobody repeats");
    }
    for (const text of ["", "[]", '{"upstreams": {}}', '{"upstreams": [], "more": 1}'])
      expect(readUpstreams(text).ok).toBe(false);
  });

  it("are each one of a kind, by id and by issuer", () => {
    expect(read(CORP, { ...CORP, issuer: "https://other.example" }).ok).toBe(false);
    expect(read(CORP, { ...CORP, id: "other" }).ok).toBe(false);
  });

  it("reach what their words are mapped to, and never more than the highest", () => {
    const acr = new Map([
      ["mfa", "aal2"],
      ["key", "aal3"],
    ] as const);
    expect(
      ["mfa", "key", "aal3", undefined, 7].map((said) => levelOf({ acr, highest: "aal2" }, said)),
    ).toEqual(["aal2", "aal2", "aal1", "aal1", "aal1"]);
    expect(reachOfUpstream({ acr, highest: "aal2" })).toBe("aal2");
    expect(reachOfUpstream({ acr: new Map(), highest: "aal3" })).toBe("aal1");
  });
});
