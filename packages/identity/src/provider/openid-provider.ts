import type { IncomingMessage, ServerResponse } from "node:http";
import { type Assurance, isAssurance, reaches } from "@postern/core";
import { type ClientMetadata, errors, type KoaContextWithOIDC, Provider } from "oidc-provider";
import { adapterOf } from "./adapter.ts";
import { backChannel } from "./back-channel.ts";
import { OPERATORS_CLIENT, operatorsMetadata } from "./operators.ts";
import type { Asked, Page, ProviderParts, ProviderSession } from "./parts.ts";
import { refreshAllowed } from "./refresh.ts";
import { askedOf, promptsOf, stricterOf } from "./request.ts";
import { bindSessions } from "./sessions.ts";

/** A client's request for which somebody has to do something. */
export interface AskedByClient {
  /** Names it among those of this browser. */
  readonly id: string;
  /** The origin to which it leads back. */
  readonly origin: string;
  readonly asked: Asked;
}

/** An OpenID Provider whose sessions are Postern's. */
export interface OpenidProvider {
  /** Answers what is below the issuer. The path comes without the issuer's own. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** What this browser was asked for; null: nothing, or not any more. */
  askedOf(request: IncomingMessage, response: ServerResponse): Promise<AskedByClient | null>;
  /** Where it goes on now that the person has signed in (null: has not). Null: the request is over. */
  goOn(
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
    session: ProviderSession | null,
  ): Promise<string | null>;
  /** Ends what hangs on a session that has ended, and tells the clients that asked to be told. */
  ended(session: string): Promise<void>;
}

const INTERACTION_SECONDS = 600;
const ACCESS_SECONDS = 600;
/** A JWT is believed without asking, so it is short. */
const JWT_SECONDS = 300;
const CODE_SECONDS = 60;
const DEVICE_SECONDS = 600;
const ID_TOKEN_SECONDS = 600;
const TIMEOUT_MS = 5_000;

export function openidProvider(parts: ProviderParts): OpenidProvider {
  const { issuer, sessions, artifacts, pages, nameOf, now } = parts;
  const introspecting = new Set(parts.clients.flatMap((one) => (one.introspect ? [one.client_id] : [])));
  const resources = new Map(
    parts.clients.flatMap((one) => (one.resource === undefined ? [] : [[one.resource, one] as const])),
  );
  const secondsLeft = (id: string | undefined): number => {
    const session = id === undefined ? null : sessions.byId(id);
    return session === null ? 1 : Math.max(1, Math.floor((session.expiresAt - now()) / 1000));
  };
  const show = (ctx: KoaContextWithOIDC, page: Page): void => {
    ctx.status = page.status;
    ctx.set({ ...page.headers });
    ctx.body = page.body;
  };

  const codeForm = (ctx: KoaContextWithOIDC): { readonly action: string; readonly xsrf: string } => ({
    action: new URL(ctx.oidc.urlFor("code_verification")).pathname,
    xsrf: String(ctx.oidc.session?.state?.secret),
  });

  const provider = new Provider(issuer, {
    adapter: adapterOf(artifacts, sessions, parts.reused),
    clients: [...parts.clients.map(metadataOf), operatorsMetadata],
    jwks: { keys: parts.keys.map((key) => ({ ...key })) },
    enabledJWA: { idTokenSigningAlgValues: ["ES256"], userinfoSigningAlgValues: ["ES256"] },
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    scopes: ["openid", "profile"],
    claims: {
      openid: ["sub", "acr", "amr", "auth_time"],
      profile: ["preferred_username"],
    },
    acrValues: ["aal1", "aal2", "aal3"],
    responseTypes: ["code"],
    pkce: { required: () => true },
    subjectTypes: ["public"],
    clientAuthMethods: ["client_secret_basic", "client_secret_post", "none"],
    conformIdTokenClaims: false,
    acceptQueryParamAccessTokens: false,
    rotateRefreshToken: async (ctx) => {
      await refreshAllowed(ctx, parts);
      return true;
    },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed("refresh_token"),
    // Whether a session lives is looked up at every use (see the adapter), whatever the provider keeps of it.
    expiresWithSession: () => false,
    cookies: {
      names: {
        session: "__Host-postern-oidc",
        interaction: "__Secure-postern-interaction",
        resume: "__Secure-postern-resume",
      },
      long: { httpOnly: true, secure: true, sameSite: "lax", path: "/" },
      short: { httpOnly: true, secure: true, sameSite: "lax" },
    },
    features: {
      devInteractions: { enabled: false },
      claimsParameter: { enabled: true },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) =>
          token.clientId === client.clientId || introspecting.has(client.clientId),
      },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      backchannelLogout: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      dPoP: { enabled: true },
      deviceFlow: {
        enabled: true,
        charset: "base-20",
        mask: "****-****",
        userCodeInputSource(ctx, _form, _out, error) {
          const failed = error !== undefined && error.name !== "AbortedError";
          if (failed) pages.wrongUserCode(ctx.req);
          show(ctx, pages.userCode(ctx.req, { ...codeForm(ctx), failed }));
        },
        userCodeConfirmSource(ctx, _form, client, _info, code) {
          const name = client.clientName ?? client.clientId;
          show(ctx, pages.userCodeConfirm(ctx.req, { ...codeForm(ctx), client: name, code }));
        },
        successSource: (ctx) => show(ctx, pages.deviceSignedIn(ctx.req)),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, _client, oneOf) => oneOf ?? [],
        useGrantedResource: () => true,
        getResourceServerInfo(_ctx, resource, client) {
          const forOperators = client.clientId === OPERATORS_CLIENT;
          // DANGER: whoever has a token for the control plane rules as its person does.
          if (forOperators !== (resource === parts.controlPlane))
            throw new errors.InvalidTarget("this client has no tokens for that resource server");
          if (forOperators) return { audience: resource, scope: "", accessTokenFormat: "opaque" };
          const server = resources.get(resource);
          if (server === undefined) throw new errors.InvalidTarget("there is no such resource server");
          return {
            audience: resource,
            scope: server.scopes.join(" "),
            accessTokenFormat: server.access_token,
            ...(server.access_token === "jwt" ? { jwt: { sign: { alg: "ES256" as const } } } : {}),
          };
        },
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource(ctx) {
          const { secret, postLogoutRedirectUri } = ctx.oidc.session?.state ?? {};
          const leads =
            typeof postLogoutRedirectUri === "string" ? new URL(postLogoutRedirectUri).origin : null;
          const { client } = ctx.oidc;
          show(
            ctx,
            pages.signOut(ctx.req, {
              action: new URL(ctx.oidc.urlFor("end_session_confirm")).pathname,
              xsrf: String(secret),
              client: client === undefined ? null : (client.clientName ?? client.clientId),
              leadsTo: leads,
            }),
          );
        },
        postLogoutSuccessSource: (ctx) => show(ctx, pages.signedOut(ctx.req)),
      },
    },
    ttl: {
      AccessToken: (_ctx, token) =>
        Math.min(
          token.resourceServer?.accessTokenFormat === "jwt" ? JWT_SECONDS : ACCESS_SECONDS,
          secondsLeft(token.sessionUid),
        ),
      AuthorizationCode: CODE_SECONDS,
      DeviceCode: DEVICE_SECONDS,
      IdToken: ID_TOKEN_SECONDS,
      Interaction: INTERACTION_SECONDS,
      RefreshToken: (_ctx, token) => secondsLeft(token.sessionUid),
      Session: (_ctx, session) =>
        session.accountId === undefined ? INTERACTION_SECONDS : secondsLeft(session.uid),
      Grant: (ctx) => secondsLeft(ctx.oidc.session?.uid),
    },
    interactions: {
      policy: promptsOf(parts),
      url: (_ctx, interaction) => `/sign-in?interaction=${interaction.uid}`,
    },
    findAccount(_ctx, subject) {
      const name = nameOf(subject);
      if (name === null) return undefined;
      return { accountId: subject, claims: () => ({ sub: subject, preferred_username: name }) };
    },
    async loadExistingGrant(ctx) {
      const { session, client, account, params } = ctx.oidc;
      if (session === undefined || client === undefined || account === undefined) return undefined;
      const known = session.grantIdFor(client.clientId);
      const found = known === undefined ? undefined : await ctx.oidc.provider.Grant.find(known);
      const grant =
        found ?? new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: account.accountId });
      const scope = typeof params?.scope === "string" ? params.scope : "openid";
      grant.addOIDCScope(scope);
      for (const resource of Object.keys(ctx.oidc.resourceServers ?? {}))
        grant.addResourceScope(resource, resources.get(resource)?.scopes.join(" ") ?? "");
      await grant.save();
      return grant;
    },
    extraTokenClaims(ctx, token) {
      const { AuthorizationCode, DeviceCode, RefreshToken } = ctx.oidc.entities;
      const source = AuthorizationCode ?? DeviceCode ?? RefreshToken;
      const said = { acr: source?.acr, amr: source?.amr, auth_time: source?.authTime };
      // Whoever holds a JWT can ask for its session; of other tokens introspection tells.
      return "format" in token && token.format === "jwt" ? { ...said, sid: source?.sessionUid } : said;
    },
    renderError(ctx, out) {
      const page = pages.error(ctx.req, { code: out.error, detail: out.error_description ?? "" });
      show(ctx, { ...page, status: ctx.status >= 400 ? ctx.status : page.status });
    },
    // Clients are named by an administrator, and are as often as not in the same private network.
    fetch: (input, init) =>
      fetch(input, {
        method: init?.method ?? "GET",
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(init?.headers === undefined ? {} : { headers: init.headers }),
        ...(init?.body === undefined ? {} : { body: init.body }),
      }),
  });
  // Where requests come in, the headers of a proxy are made to say what the issuer says.
  provider.proxy = true;
  const context = provider.createContext.bind(provider);
  provider.createContext = (request, response) => {
    const made = context(request, response);
    // Browsers keep such cookies for secure connections and for this very machine, and nowhere else.
    made.cookies.secure = true;
    return made;
  };
  // What goes wrong here is told in one place, without anything that came with the request.
  provider.silent = true;
  provider.on("server_error", (_ctx, error) => parts.trouble(`it could not answer (${error.name})`));
  bindSessions(provider, sessions);
  const tell = backChannel(provider, parts);

  provider.use(async (raw, next) => {
    await next();
    const ctx = raw as KoaContextWithOIDC;
    if (ctx.oidc === undefined) return;
    if (ctx.oidc.route === "introspection") sayWhatStands(ctx);
    if (
      ctx.oidc.route === "end_session_confirm" &&
      ctx.status < 400 &&
      ctx.oidc.params?.logout !== undefined
    ) {
      const own = sessions.of(ctx.req);
      // Nobody is told to be signed out who is not.
      if (own !== null && !(await sessions.end(own.id))) {
        ctx.remove("location");
        show(ctx, pages.error(ctx.req, { code: "temporarily_unavailable", detail: "" }));
      }
    }
  });

  /** A token says no more than its session says now, and no more than when it was handed out. */
  function sayWhatStands(ctx: KoaContextWithOIDC): void {
    const body = ctx.body as Record<string, unknown> | undefined;
    const token = ctx.oidc.entities.AccessToken ?? ctx.oidc.entities.RefreshToken;
    if (body?.active !== true || token === undefined) return;
    const session = token.sessionUid === undefined ? null : sessions.byId(token.sessionUid);
    if (session === null) {
      ctx.body = { active: false };
      return;
    }
    body.sid = session.id;
    const name = nameOf(session.subject);
    if (name !== null) body.username = name;
    if (token.kind === "RefreshToken") {
      body.acr = token.acr;
      body.amr = token.amr;
      body.auth_time = token.authTime;
    }
    const said = typeof body.acr === "string" && isAssurance(body.acr) ? body.acr : null;
    if (said === null || !reaches(session.acr, said as Assurance)) {
      body.acr = session.acr;
      body.amr = session.amr;
      body.auth_time = Math.floor(session.authTime / 1000);
    }
  }

  const answer = provider.callback();
  return {
    handle: async (request, response) => {
      await answer(request, response);
    },
    async askedOf(request, response) {
      const found = await provider.interactionDetails(request, response).catch(() => null);
      const back = found?.params.redirect_uri;
      if (found === null) return null;
      // A device is not led back to: the person goes on at the page that asked for the code.
      const origin = new URL(typeof back === "string" ? back : issuer).origin;
      return {
        id: found.uid,
        origin,
        asked: stricterOf(askedOf(found.params), found.prompt.details),
      };
    },
    async goOn(request, response, id, session) {
      const found = await provider.interactionDetails(request, response).catch(() => null);
      if (found === null || found.uid !== id) return null;
      const result =
        session === null
          ? { error: "access_denied", error_description: "the person did not go on" }
          : {
              login: {
                accountId: session.subject,
                acr: session.acr,
                amr: [...session.amr],
                ts: Math.floor(session.authTime / 1000),
              },
            };
      return await provider.interactionResult(request, response, result, { mergeWithLastSubmission: false });
    },
    ended: tell,
  };
}

function metadataOf(client: ProviderParts["clients"][number]): ClientMetadata {
  const {
    introspect: _,
    device,
    resource: _resource,
    origins: _origins,
    access_token: _form,
    scopes: _scopes,
    redirect_uris,
    post_logout_redirect_uris,
    ...rest
  } = client;
  const signsIn = redirect_uris.length > 0;
  return {
    ...rest,
    redirect_uris: [...redirect_uris],
    post_logout_redirect_uris: [...post_logout_redirect_uris],
    grant_types: [
      ...(signsIn ? ["authorization_code"] : []),
      ...(device ? ["urn:ietf:params:oauth:grant-type:device_code"] : []),
      ...(signsIn || device ? ["refresh_token"] : []),
    ],
    response_types: signsIn ? ["code"] : [],
    ...(rest.backchannel_logout_uri === undefined ? {} : { backchannel_logout_session_required: true }),
  };
}
