import { afterEach, describe, expect, it } from "vitest";
import { type Deployment, deployment, must } from "../../src/index.ts";

let node: Deployment;
afterEach(() => node.stop());

describe("a secret that was presented before", () => {
  it("of a token is refused from the instant at which the token ends", async () => {
    node = await deployment();
    const { secret } = must(
      await node.service.tokens.issue(node.admin, {
        label: "short",
        scopes: ["decide"],
        expiresAt: new Date(node.world.wall() + 20_000).toISOString(),
      }),
    );
    expect(node.service.tokens.bySecret(secret)).not.toBeNull();
    node.world.pass(19_000);
    expect(node.service.tokens.bySecret(secret)).not.toBeNull();
    node.world.pass(1_000);
    expect(node.service.tokens.bySecret(secret)).toBeNull();
  });

  it("of a token is refused as soon as the revocation is written", async () => {
    node = await deployment();
    const issued = must(
      await node.service.tokens.issue(node.admin, {
        label: "revoked",
        scopes: ["decide"],
        expiresAt: new Date(node.world.wall() + 86_400_000).toISOString(),
      }),
    );
    expect(node.service.tokens.bySecret(issued.secret)?.revokedAt).toBeNull();
    must(await node.service.tokens.revoke(node.admin, issued.token.id));
    expect(node.service.tokens.bySecret(issued.secret)).toBeNull();
  });

  it("of a session gives the session as it stands, and nothing once a second step gave it another secret", async () => {
    node = await deployment();
    const app = await node.token(["sessions.register"]);
    const given = {
      subject: { type: "user", id: "ana" },
      authTime: new Date(node.world.wall()).toISOString(),
      expiresAt: new Date(node.world.wall() + 3_600_000).toISOString(),
    };
    const first = must(await node.service.sessions.register(app, { ...given, acr: "aal1" }));
    expect(node.service.sessions.bySecret(first.secret)?.acr).toBe("aal1");
    const { id } = first.session;
    const raised = must(await node.service.sessions.register(app, { ...given, acr: "aal2", id }));
    expect(node.service.sessions.bySecret(first.secret)).toBeNull();
    expect(node.service.sessions.bySecret(raised.secret)?.acr).toBe("aal2");
    must(await node.service.sessions.revoke(node.admin, id));
    expect(node.service.sessions.bySecret(raised.secret)?.revokedAt).not.toBeNull();
  });
});
