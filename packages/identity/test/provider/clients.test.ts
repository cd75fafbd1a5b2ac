import { describe, expect, it } from "vitest";
import { readClients } from "../../src/index.ts";

const SECRET = "a secret that is long enough to be one";
const read = (...clients: readonly unknown[]) => readClients(JSON.stringify({ clients }));

describe("the clients of the provider", () => {
  it("are what the file says, with the way to prove themselves that fits", () => {
    const clients = read(
      { client_id: "shop", client_secret: SECRET, redirect_uris: ["https://shop.example/back"] },
      { client_id: "page", redirect_uris: ["http://localhost:3000/back"] },
    );
    expect(clients).toMatchObject({
      ok: true,
      value: [
        { client_id: "shop", token_endpoint_auth_method: "client_secret_basic", introspect: false },
        { client_id: "page", token_endpoint_auth_method: "none" },
      ],
    });
  });

  it("are refused together where one of them is not sound, and no secret is repeated", () => {
    const shop = { client_id: "shop", client_secret: SECRET };
    for (const wrong of [
      { ...shop, redirect_uris: ["http://shop.example/back"] },
      { ...shop, redirect_uris: ["https://shop.example/back#here"] },
      { ...shop, redirect_uris: ["https://me:it@shop.example/back"] },
      { ...shop, redirect_uris: "https://shop.example/back" },
      { ...shop, post_logout_redirect_uris: ["javascript:alert(1)"] },
      { ...shop, backchannel_logout_uri: "http://10.0.0.1/logout" },
      { ...shop, client_secret: "short" },
      { ...shop, client_id: "a b" },
      { ...shop, client_id: undefined },
      { ...shop, token_endpoint_auth_method: "none" },
      { ...shop, token_endpoint_auth_method: "private_key_jwt" },
      { client_id: "page", introspect: true },
      { ...shop, grant_types: ["implicit"] },
      { ...shop, resource: "http://api.example" },
      { ...shop, resource: "urn:api" },
      { ...shop, access_token: "jwt" },
      { ...shop, scopes: ["read"] },
      { ...shop, resource: "https://api.example", scopes: ["openid"] },
      { ...shop, resource: "https://api.example", access_token: "saml" },
      { ...shop, dpop_bound_access_tokens: "yes" },
      "shop",
    ]) {
      const clients = read({ client_id: "other", client_secret: SECRET }, wrong);
      expect(clients).toMatchObject({ ok: false, refusal: expect.stringContaining("clients[1]: ") });
      expect(JSON.stringify(clients)).not.toContain(SECRET);
    }
    expect(read(shop, shop)).toMatchObject({ ok: false });
    for (const text of ["", "[]", "{}", '{"clients":[],"more":1}', '{"clients":{}}'])
      expect(readClients(text)).toMatchObject({ ok: false });
  });
});
