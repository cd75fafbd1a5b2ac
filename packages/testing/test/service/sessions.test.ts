import type { Caller } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { codeOf, openShop, type Shop } from "./shop.ts";

describe("a session of an application whose token is bound to resources", () => {
  let shop: Shop;
  let kiosk: Caller;
  beforeEach(async () => {
    shop = await openShop();
    const { service, admin, world } = shop.node;
    const issued = must(
      await service.tokens.issue(admin, {
        label: "kiosk",
        scopes: ["sessions.register"],
        resources: ["route:/catalogue/**"],
        maxAcr: "aal2",
        subjectTypes: ["user"],
        expiresAt: new Date(world.wall() + 86_400_000).toISOString(),
      }),
    );
    const token = service.tokens.bySecret(issued.secret);
    if (token === null) throw new Error("the token that was just issued is unknown");
    kiosk = { kind: "token", token };
  });
  afterEach(() => shop.node.stop());

  it("counts for those resources and for no others", async () => {
    const ana = await shop.signIn("ana", "aal2", kiosk);
    expect((await shop.get("/catalogue/a", ana)).decision.outcome).toBe("permit");
    const elsewhere = await shop.get("/reports/a", ana);
    expect(elsewhere.decision.outcome).toBe("challenge");
    expect(elsewhere.session).toBeNull();
    expect((await shop.get("/reports/a", await shop.signIn("ana"))).decision.outcome).toBe("permit");
  });

  it("agrees to nothing about others", async () => {
    const ana = await shop.signIn("ana", "aal2", kiosk);
    const { id } = await shop.ask(ana);
    expect(codeOf(await shop.consent(ana, id))).toBe("caller.resource");
    expect(codeOf(await shop.consent(await shop.signIn("ana"), id))).toBe("ok");
  });
});
