import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configWith, startPostern } from "@postern/server";
import type { Caller } from "@postern/service";
import { type Visitor, visitor } from "@postern/testing";
import { must } from "../node.ts";
import type { PosternTarget, Serving } from "./serving.ts";

const POLICY = `
kind: Protection
name: notes
owner: bench
mode: enforce
resources: ["route:/notes/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1 }
signIn: { url: postern }
`;
const CALLBACK = "http://127.0.0.1:1/callback";
const SHOP = { id: "shop", secret: randomBytes(32).toString("hex") };
const ASKS = { id: "asks", secret: randomBytes(32).toString("hex") };
const FAMILIES = 32;
const BOOTSTRAP = "bench-bootstrap";

/** Postern with shipped defaults, and one person who signed in by its pages: at the gateway and at a client. */
export async function servePostern(): Promise<Serving<PosternTarget>> {
  const directory = await mkdtemp(join(tmpdir(), "postern-bench-"));
  const clients = join(directory, "clients.json");
  await writeFile(
    clients,
    JSON.stringify({
      clients: [
        { client_id: SHOP.id, client_secret: SHOP.secret, redirect_uris: [CALLBACK] },
        { client_id: ASKS.id, client_secret: ASKS.secret, introspect: true },
      ],
    }),
  );
  const application = createServer((_, response) => void response.end("notes"));
  await new Promise<void>((ready) => application.listen(0, "127.0.0.1", ready));
  const address = application.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const running = await startPostern(
    configWith({
      mode: "development",
      dataDir: join(directory, "data"),
      port: 0,
      peoplePort: 0,
      gatewayPort: 0,
      host: "127.0.0.1",
      upstream: `http://127.0.0.1:${port}`,
      bootstrapToken: BOOTSTRAP,
      logLevel: "error",
      trustedProxies: ["127.0.0.1"],
      oidcClients: clients,
    }),
    { quiet: true },
  );
  const { service, urls } = running;
  const first = must(await service.tokens.bootstrap(BOOTSTRAP, { type: "user", id: "bench" }));
  const token = service.tokens.bySecret(first.secret);
  if (token === null || service.factors === null)
    throw new Error("expected a deployment that signs people in");
  const admin: Caller = { kind: "token", token };
  const published = must(await service.policy.publish(admin, [{ path: "bench.yaml", text: POLICY }]));
  must(await service.policy.activate(admin, published.id));

  const person = visitor();
  const { secret } = must(await service.factors.invite(admin, { type: "user", id: "person" }));
  const welcome = await person.go(`${urls.people}/sign-in/invitation?code=${secret}`);
  await person.submit(welcome, "/sign-in/invitation", { password: "lamp river quiet orbit" });
  const gateway = urls.gateway ?? "";
  const there = await person.go(`${gateway}/notes/1`);
  const session = person.cookie(gateway, "__Host-postern");
  if (there.text !== "notes" || session === "")
    throw new Error(`expected the application behind the gateway, got ${there.status} at ${there.url}`);
  const issuer = `${urls.people}/oidc`;
  const refresh: string[] = [];
  let access = "";
  for (let family = 0; family < FAMILIES; family++) {
    const tokens = await signInAt(person, issuer);
    refresh.push(tokens.refresh_token);
    access = tokens.access_token;
  }
  return {
    target: {
      check: {
        url: `${urls.control}/gate/nginx`,
        headers: {
          "x-original-method": "GET",
          "x-original-uri": "/notes/1",
          cookie: `__Host-postern=${session}`,
        },
        says: "permit",
      },
      introspection: {
        url: `${issuer}/token/introspection`,
        headers: formHeaders(ASKS),
        body: new URLSearchParams({ token: access }).toString(),
      },
      issue: { url: `${issuer}/token`, headers: formHeaders(SHOP), refresh },
    },
    async close() {
      await running.stop();
      application.closeAllConnections();
      await new Promise((closed) => application.close(closed));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Code with PKCE, from the first address to the tokens. */
async function signInAt(
  person: Visitor,
  issuer: string,
): Promise<{ readonly access_token: string; readonly refresh_token: string }> {
  const verifier = randomBytes(32).toString("base64url");
  const asked = new URLSearchParams({
    client_id: SHOP.id,
    response_type: "code",
    redirect_uri: CALLBACK,
    scope: "openid profile",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    state: "bench",
  });
  const back = await person.go(`${issuer}/auth?${asked}`, CALLBACK);
  const answer = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: formHeaders(SHOP),
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code: new URL(back.url).searchParams.get("code") ?? "",
      redirect_uri: CALLBACK,
      code_verifier: verifier,
    }),
  });
  const given = (await answer.json()) as { readonly access_token?: string; readonly refresh_token?: string };
  if (given.access_token === undefined || given.refresh_token === undefined)
    throw new Error(
      `expected tokens, got ${answer.status} after ${back.status} at ${new URL(back.url).pathname}`,
    );
  return { access_token: given.access_token, refresh_token: given.refresh_token };
}

function formHeaders({ id, secret }: typeof SHOP): Readonly<Record<string, string>> {
  return {
    authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`,
    "content-type": "application/x-www-form-urlencoded",
  };
}
