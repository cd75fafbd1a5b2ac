import { instant } from "@postern/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bindingHash } from "../../src/access-request/binding-hash.ts";
import { readSubmission } from "../../src/access-request/read.ts";
import { createAccessTokens } from "../../src/access-request/tokens.ts";
import { realWorld } from "../../src/world.ts";
import { type TestPostern, testPostern } from "../fixture/running.ts";

let postern: TestPostern;
beforeAll(async () => {
  postern = await testPostern();
});
afterAll(() => postern.stop());

describe("a binding token past its end", () => {
  it("is refused as expired, to the second", () => {
    const { service } = postern.running;
    const accessTokens = createAccessTokens(new Uint8Array(32).fill(3), realWorld());
    const iss = "https://postern.example";
    const places = { control: () => iss, people: () => iss, gateway: () => null };
    const token = service.tokens.bySecret(postern.admin);
    if (token === null) throw new Error("there is no such token");
    const body = {
      subject: { type: "user", id: "ana" },
      action: { name: "get" },
      resource: { type: "route", id: "/a" },
    };
    const exp = Math.floor(Date.parse("2031-01-01T00:00:00Z") / 1000);
    const binding = accessTokens.bind({
      iss,
      aud: `${iss}/access/v1/requests`,
      iat: exp - 600,
      exp,
      evaluation_id: "dec_1",
      denial_expires_at: "2031-01-01T00:00:00.000Z",
      binding_context_members: [],
      binding_hash: bindingHash(body, []) ?? "",
      client: token.id,
      revision: service.policy.active() ?? "",
      offer: "any",
      holder: "subject",
      action: "get",
      resource: "route:/a",
    });
    const at = (now: number) =>
      readSubmission(
        { ...body, denial: { binding_token: binding, expires_at: "2031-01-01T00:00:00.000Z" } },
        token,
        {
          service: { ...service, accessRequests: { ...service.accessRequests, now: () => instant(now) } },
          accessTokens,
          places,
        },
      );
    expect(at(exp * 1000 - 1).ok).toBe(true);
    const late = at(exp * 1000);
    expect(late.ok ? null : late.refusal.code).toBe("access-request.expired");
  });
});
