import { createServer } from "node:http";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { interactionPolicy, Provider } from "oidc-provider";

const { Check, base } = interactionPolicy;

/** What the company's provider knows of a person, and what a test makes of it. */
export interface Staff {
  readonly claims: Record<string, unknown>;
  acr: string;
  /** Seconds since 1970; null: now. */
  authTime: number | null;
}

/** A second OpenID Provider, built on oidc-provider: the one at which people of a company sign in. */
export interface Company {
  readonly issuer: string;
  readonly staff: Map<string, Staff>;
  /** Who signs in next there; null: they decline. */
  next: string | null;
  /** What it does to an answer of its token endpoint before it goes out. */
  lie: ((body: Record<string, unknown>) => Promise<Record<string, unknown>>) | null;
  /** Nothing is answered any more. */
  down: boolean;
  /** The parameters of the authorisation requests that came. */
  readonly asked: Record<string, unknown>[];
  /** What it knows of Postern as its client, in place of a secret. */
  client: Record<string, unknown> | null;
  /** Signs a token with the key of the provider, or with another. */
  sign(payload: Record<string, unknown>, header?: Record<string, unknown>, own?: boolean): Promise<string>;
  stop(): Promise<void>;
}

export const COMPANY_SECRET = "a secret that the company gave to Postern";

/** `callback`, `signedOut` and `logout` are Postern's addresses, known once it runs. */
export async function startCompany(
  places: () => { readonly callback: string; readonly signedOut: string; readonly logout: string },
): Promise<Company> {
  const keys = await generateKeyPair("RS256", { extractable: true });
  const other = await generateKeyPair("RS256", { extractable: true });
  const jwk: JWK = { ...(await exportJWK(keys.privateKey)), kid: "company-1", alg: "RS256", use: "sig" };
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const address = server.address();
  const issuer = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  const staff: Company["staff"] = new Map();
  const company: Company = {
    issuer,
    staff,
    next: null,
    lie: null,
    down: false,
    client: null,
    asked: [],
    sign: (payload, header = {}, own = true) =>
      new SignJWT(payload)
        .setProtectedHeader({ alg: "RS256", kid: "company-1", ...header })
        .sign(own ? keys.privateKey : other.privateKey),
    async stop() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
  let provider: ReturnType<Provider["callback"]> | null = null;
  let made: Provider | null = null;
  const answer = (): ReturnType<Provider["callback"]> => {
    if (provider !== null) return provider;
    const policy = base();
    policy.remove("consent");
    // Whoever is to sign in next does: there is nobody at the keyboard.
    policy.get("login")?.checks.clear();
    policy
      .get("login")
      ?.checks.add(new Check("ask", "sign in", "login_required", ({ oidc }) => oidc.result === undefined));
    const fresh = new Provider(issuer, {
      clients: [
        {
          client_id: "postern",
          ...(company.client ?? { client_secret: COMPANY_SECRET }),
          redirect_uris: [places().callback],
          post_logout_redirect_uris: [places().signedOut],
          backchannel_logout_uri: places().logout,
          backchannel_logout_session_required: true,
        },
      ],
      jwks: { keys: [jwk as never] },
      claims: {
        openid: ["sub", "acr", "amr", "auth_time", "sid"],
        profile: ["preferred_username"],
        email: ["email", "email_verified"],
        session: ["session_expiry"],
      },
      scopes: ["openid", "profile", "email", "session"],
      acrValues: ["company:mfa"],
      conformIdTokenClaims: false,
      pkce: { required: () => true },
      features: {
        devInteractions: { enabled: false },
        backchannelLogout: { enabled: true },
        rpInitiatedLogout: {
          enabled: true,
          logoutSource: (ctx, form) => {
            ctx.body = form.replace("</form>", '<input name="logout" value="yes"></form>');
          },
        },
      },
      interactions: { policy, url: (_ctx, { uid }) => `/interaction/${uid}` },
      findAccount: (_ctx, sub) => ({
        accountId: sub,
        claims: () => ({ sub, ...staff.get(sub)?.claims }),
      }),
      async loadExistingGrant(ctx) {
        const { client, account } = ctx.oidc;
        const grant = new fresh.Grant({
          clientId: client?.clientId ?? "",
          accountId: account?.accountId ?? "",
        });
        grant.addOIDCScope("openid profile email session");
        await grant.save();
        return grant;
      },
      // Its clients are in this very machine.
      fetch: (input, init) =>
        fetch(input, {
          method: init?.method ?? "GET",
          ...(init?.headers === undefined ? {} : { headers: init.headers }),
          ...(init?.body === undefined ? {} : { body: init.body }),
        }),
    });
    fresh.on("server_error", () => undefined);
    made = fresh;
    provider = fresh.callback();
    return provider;
  };
  server.on("request", async (request, response) => {
    if (company.down) {
      request.socket.destroy();
      return;
    }
    const handle = answer();
    const path = request.url ?? "/";
    if (path.startsWith("/auth?")) {
      company.asked.push(Object.fromEntries(new URLSearchParams(path.slice(6))));
    }
    if (path.startsWith("/interaction/") && made !== null) {
      const who = company.next;
      const known = who === null ? undefined : staff.get(who);
      const result =
        who === null || known === undefined
          ? { error: "access_denied" }
          : {
              login: {
                accountId: who,
                acr: known.acr,
                amr: ["pwd"],
                ts: known.authTime ?? Math.floor(Date.now() / 1000),
              },
            };
      await made.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
      return;
    }
    if (path === "/token" && company.lie !== null) {
      const { lie } = company;
      const end = response.end.bind(response);
      const sent = response.setHeader.bind(response);
      Object.assign(response, {
        setHeader: (name: string, value: string) =>
          name.toLowerCase() === "content-length" ? response : sent(name, value),
        end: (body: unknown) => {
          void lie(JSON.parse(String(body)) as Record<string, unknown>).then((changed) =>
            end(JSON.stringify(changed)),
          );
          return response;
        },
      });
    }
    await handle(request, response);
  });
  return company;
}
