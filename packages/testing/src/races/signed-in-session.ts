import { createHash, randomBytes } from "node:crypto";
import { visitor } from "../people/visitor.ts";
import type { Race, RacedSession, Use } from "./contestant.ts";
import { CALLBACK, type Ground } from "./ground.ts";
import { bearer, cookie } from "./registered-session.ts";

const PASSWORD = "lamp river quiet orbit";
const FAMILIES = 2;

/** A session that began at our own pages, with the provider's tokens, the people's cookie and the gateway's. */
export async function signedInSession(ground: Ground, race: Race, person: string): Promise<RacedSession> {
  const { ask, control, people, gateway, client } = ground;
  const issuer = `${people}/oidc`;
  // A network of its own: what one may begin in a minute is limited.
  const number = Number(/\d+$/.exec(person)?.[0] ?? 0);
  const at = visitor(`203.${number >> 8}.${number & 255}.7`);
  const welcome = await at.go(`${people}/sign-in/invitation?code=${await ground.invite(person)}`);
  await at.submit(welcome, "/sign-in/invitation", { password: PASSWORD });
  const access: string[] = [];
  const gatewayCookies = new Set<string>();
  const authorization = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString("base64")}`;
  const isClient = { authorization };

  const tokensFor = async (form: Readonly<Record<string, string>>): Promise<Tokens | null> => {
    const { status, text } = await ask(`${issuer}/token`, { headers: isClient, form });
    if (status !== 200) return null;
    const tokens = JSON.parse(text) as Tokens;
    access.push(tokens.access_token);
    return tokens;
  };
  /** Code with PKCE, by the browser's session at the people's pages. */
  const authorized = async (): Promise<Tokens | null> => {
    const verifier = randomBytes(32).toString("base64url");
    const asked = new URLSearchParams({
      client_id: client.id,
      response_type: "code",
      redirect_uri: CALLBACK,
      scope: "openid profile",
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
      state: "races",
    });
    const back = await at.go(`${issuer}/auth?${asked}`, CALLBACK);
    const code = URL.canParse(back.url) ? new URL(back.url).searchParams.get("code") : null;
    if (code === null) return null;
    return await tokensFor({
      grant_type: "authorization_code",
      code,
      redirect_uri: CALLBACK,
      code_verifier: verifier,
    });
  };
  const families: string[] = [];
  for (let family = 0; family < FAMILIES; family++) {
    const tokens = await authorized();
    if (tokens === null) throw new Error("expected tokens for whoever has just signed in");
    families.push(tokens.refresh_token);
  }
  const me = at.cookie(people, "__Host-postern-me");
  const filled = race === "late cache fill" ? [] : [""];
  const enterGateway: Use = {
    by: "gateway, by signing in there",
    async send() {
      const there = await at.go(`${gateway}/notes/1`);
      const got = at.cookie(gateway, "__Host-postern");
      if (got !== "") gatewayCookies.add(got);
      return there.text === "notes";
    },
  };
  if (filled.length > 0) await enterGateway.send();
  const sid = await sessionOf(access[0] ?? "");

  async function sessionOf(token: string): Promise<string> {
    const { text } = await ask(`${issuer}/token/introspection`, { headers: isClient, form: { token } });
    return (JSON.parse(text) as { sid?: string }).sid ?? "";
  }
  const refresh = (family: number): Use => ({
    by: "refresh token",
    async send() {
      const tokens = await tokensFor({
        grant_type: "refresh_token",
        refresh_token: families[family] ?? "",
      });
      if (tokens !== null) families[family] = tokens.refresh_token;
      return tokens !== null;
    },
  });
  const again: Use = {
    by: "authorization by the people's cookie",
    async send() {
      const tokens = await authorized();
      if (tokens !== null) families.push(tokens.refresh_token);
      return tokens !== null;
    },
  };
  const page: Use = {
    by: "people's pages",
    send: async () =>
      (await ask(`${people}/me/protection`, { headers: { cookie: `__Host-postern-me=${me}` } })).status ===
      200,
  };
  const introspected = (token: string): Use => ({
    by: "access token, introspected",
    async send() {
      const { text } = await ask(`${issuer}/token/introspection`, { headers: isClient, form: { token } });
      return (JSON.parse(text) as { active?: boolean }).active === true;
    },
  });
  const userinfo = (token: string): Use => ({
    by: "access token, at userinfo",
    send: async () => (await ask(`${issuer}/me`, { headers: bearer(token) })).status === 200,
  });
  const newestToken: Use = {
    by: "newest access token",
    send: () => introspected(access.at(-1) ?? "").send(),
  };
  return {
    uses: () => [
      ...access.flatMap((token) => [introspected(token), userinfo(token)]),
      ...families.map((_, family) => refresh(family)),
      ...[...gatewayCookies].map(
        (secret): Use => ({
          by: "gateway's cookie",
          send: async () => (await ask(`${gateway}/notes/1`, { headers: cookie(secret) })).status === 200,
        }),
      ),
      page,
      again,
    ],
    meanwhile:
      race === "late cache fill"
        ? [enterGateway, page, page, again, newestToken]
        : [refresh(0), refresh(1), page, newestToken, again],
    async revoke() {
      const { status, text } = await ask(`${control}/v1/sessions/${sid}`, {
        method: "DELETE",
        headers: { authorization: `Bearer ${ground.admin}` },
      });
      if (status !== 200) throw new Error(`expected a revocation, got ${status} ${text}`);
    },
  };
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}
