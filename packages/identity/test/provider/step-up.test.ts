import { createServer, type Server } from "node:http";
import * as relying from "openid-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, browser } from "../../../server/test/people/running.ts";
import { enrolled, filled, giveName, passOn } from "../../../server/test/sign-in/account.ts";
import { type Provided, startProvided, visit } from "./client.ts";

let provided: Provided;
let server: Server;
let address = "";
beforeAll(async () => {
  provided = await startProvided();
  // A resource server as others write them: it asks about the token and answers by RFC 9470.
  server = createServer(async (request, response) => {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const told = await relying.tokenIntrospection(provided.resources, token);
    const refuse = (challenge: string): void => {
      response.writeHead(401, { "www-authenticate": `Bearer ${challenge}` }).end();
    };
    if (!told.active) return refuse('error="invalid_token"');
    const fresh = provided.shop.now() / 1000 - Number(told.auth_time) <= 300;
    if (told.acr !== "aal2" || !fresh)
      return refuse('error="insufficient_user_authentication", acr_values="aal2", max_age="300"');
    response.end(JSON.stringify({ acr: told.acr, auth_time: told.auth_time }));
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const bound = server.address();
  address = `http://127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}/payouts`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await provided.stop();
});

const call = (token: string): Promise<Response> =>
  fetch(address, { headers: { authorization: `Bearer ${token}` } });
const challengeOf = (answer: Response): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...(answer.headers.get("www-authenticate") ?? "").matchAll(/(\w+)="([^"]*)"/g)].map(
      ([, name = "", value = ""]) => [name, value],
    ),
  );

describe("a relying party whose call is challenged (RFC 9470)", () => {
  it("steps up and repeats it with the right acr and auth_time, again when that has become old", async () => {
    const person = await enrolled(provided.shop, "ana", true);
    const at: Browser = browser();
    const first = await visit(provided, provided.config);
    const tokens = await first.tokens(await giveName(at, await at.go(first.url), "ana"));
    const refused = await call(tokens.access_token);
    expect(refused.status).toBe(401);
    const { error, acr_values = "", max_age = "" } = challengeOf(refused);
    expect([error, acr_values, max_age]).toEqual(["insufficient_user_authentication", "aal2", "300"]);

    const more = await visit(provided, provided.config, { acr_values, max_age });
    const page = await at.go(more.url);
    const code = async (): Promise<string> => await person.code();
    const stepped = await more.tokens(
      await at.submit(page, filled(page, "/sign-in/code", { code: await code() })),
    );
    const answered = await call(stepped.access_token);
    expect(answered.status).toBe(200);
    expect(await answered.json()).toEqual({ acr: "aal2", auth_time: stepped.claims()?.auth_time });
    // The token of before the step is as it was.
    expect((await call(tokens.access_token)).status).toBe(401);
    expect(stepped.claims()?.sid).toBe(tokens.claims()?.sid);

    await passOn(provided.shop, 6 * 60_000);
    const old = await call(stepped.access_token);
    expect(challengeOf(old).error).toBe("insufficient_user_authentication");
    const anew = await visit(provided, provided.config, { acr_values, max_age });
    const asking = await at.go(anew.url);
    const second = await giveName(at, asking, "");
    const fresh = await anew.tokens(
      await at.submit(second, filled(second, "/sign-in/code", { code: await code() })),
    );
    expect((await call(fresh.access_token)).status).toBe(200);
    expect(Number(fresh.claims()?.auth_time)).toBeGreaterThan(Number(stepped.claims()?.auth_time));
  });
});
