import { type Session, type SessionHandle, standingOf } from "@postern/core";
import { type AccessToken, type Client, opaqueToken } from "@postern/identity";
import { type Problem, problem, type Service } from "@postern/service";
import { checkedProof, PROOF_WINDOW } from "./dpop-proof.ts";
import { jwtAccessTokens } from "./jwt-access-token.ts";
import { type Bringing, type Presented, presentedToken, type Scheme } from "./presented.ts";

/** An application behind a gate, as the provider knows it. */
export interface ResourceServer {
  readonly id: string;
  /** What the tokens that it takes are for (RFC 8707). */
  readonly resource: string;
  /** Under which clients know it. */
  readonly origins: readonly string[];
}

/** A session that was brought by an access token. */
export interface BroughtSession {
  readonly session: Session;
  readonly handle: SessionHandle;
  readonly scheme: Scheme;
}

export type Brought =
  | ({ readonly kind: "session" } & BroughtSession)
  | {
      readonly kind: "refused";
      readonly problem: Problem;
      readonly headers: Readonly<Record<string, string>>;
    };

/** What a request asks for, as the client wrote it. */
export interface AskedFor {
  readonly server: ResourceServer;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** More addresses of this very gate, from configuration. */
  readonly origins?: readonly string[];
}

/** Access tokens of our own provider as handles of the sessions that they were handed out in. */
export interface Bearers {
  /** The resource server that is this client of the provider, or has this address; null: there is none. */
  named(id: string): ResourceServer | null;
  at(resource: string): ResourceServer | null;
  readonly all: readonly ResourceServer[];
  /** Null: the request brings none. */
  of(request: Bringing, asked: AskedFor): Brought | Promise<Brought> | null;
}

const PROOF = "DpopProof";

export function createBearers(
  {
    artifacts,
    sessions,
    node,
    accessRequests,
  }: Pick<Service, "artifacts" | "sessions" | "node" | "accessRequests">,
  {
    clients,
    issuer,
    count,
  }: {
    readonly clients: readonly Client[];
    readonly issuer: () => string;
    readonly count: (outcome: "taken" | "refused") => void;
  },
): Bearers {
  const all = clients.flatMap(({ client_id: id, resource, origins }): readonly ResourceServer[] =>
    resource === undefined ? [] : [{ id, resource, origins: origins ?? [new URL(resource).origin] }],
  );
  const ids = new Set(clients.map(({ client_id }) => client_id));
  const readJwt = jwtAccessTokens();

  const live = (token: AccessToken | null): BroughtSession["session"] | null => {
    if (token === null || !ids.has(token.client)) return null;
    const now = accessRequests.now();
    const session = now < token.says.expiresAt ? sessions.byId(token.session) : null;
    // Sessions that applications vouch for have no tokens here.
    if (session === null || session.subject !== token.subject || session.methods === undefined) return null;
    if (sessions.stateOf(session) !== "live" || sessions.isWithdrawn(session)) return null;
    if (sessions.subjectName(session.subject) === null) return null;
    return standingOf(session, now).acr === "none" ? null : session;
  };

  const judged = (
    token: AccessToken | null,
    { scheme, token: text, proof }: Extract<Presented, { kind: "token" }>,
    { server, method, target, origins = [] }: AskedFor,
  ): Brought | Promise<Brought> => {
    const session = live(token);
    if (token === null || session === null)
      return invalid(scheme, "expected a live access token for this resource server");
    if ((token.jkt === null) !== (scheme === "Bearer"))
      return invalid(scheme, "expected the scheme that the token was handed out for");
    const brought = { kind: "session", session, handle: token.says, scheme } as const;
    if (token.jkt === null) return brought;
    const jti =
      proof === null
        ? null
        : checkedProof(proof, {
            method,
            target,
            origins: [...origins, ...server.origins],
            token: text,
            jkt: token.jkt,
            now: accessRequests.now(),
          });
    if (jti === null) return unproved();
    return firstOf(`${token.jkt} ${jti}`).then((first) => (first ? brought : unproved()));
  };

  /** For one request alone, whichever node it comes to. */
  const firstOf = async (name: string): Promise<boolean> => {
    await artifacts.put(PROOF, name, {
      payload: null,
      grant: null,
      uid: null,
      seconds: 3 * PROOF_WINDOW,
    });
    return await artifacts.consume(PROOF, name);
  };

  return {
    all,
    named: (id) => all.find((one) => one.id === id) ?? null,
    at: (resource) => all.find((one) => one.resource === resource) ?? null,
    of(request, asked) {
      const brought = broughtBy(request, asked);
      if (brought instanceof Promise) return brought.then(counted);
      return brought === null ? null : counted(brought);
    },
  };

  function counted(brought: Brought): Brought {
    count(brought.kind === "session" ? "taken" : "refused");
    return brought;
  }

  function broughtBy(request: Bringing, asked: AskedFor): Brought | Promise<Brought> | null {
    const given = presentedToken(request);
    switch (given.kind) {
      case "none":
        return null;
      case "ambiguous":
        return ambiguous(given.detail, given.scheme);
      case "token": {
        const { resource } = asked.server;
        if (!given.token.includes("."))
          return opaqueToken(given.token, { artifacts, resource }).then((token) =>
            judged(token, given, asked),
          );
        const expected = { issuer: issuer(), resource, keys: node.openidKeys(), now: accessRequests.now() };
        return judged(readJwt(given.token, expected), given, asked);
      }
      default:
        return given satisfies never;
    }
  }
}

export function ambiguous(detail: string, scheme: Scheme = "Bearer"): Brought {
  return {
    kind: "refused",
    problem: problem("access-token.ambiguous", detail),
    headers: challenge(scheme, "invalid_request"),
  };
}

function invalid(scheme: Scheme, detail: string): Brought {
  return {
    kind: "refused",
    problem: problem("access-token.invalid", detail),
    headers: challenge(scheme, "invalid_token"),
  };
}

function unproved(): Brought {
  return {
    kind: "refused",
    problem: problem(
      "access-token.invalid",
      "expected a fresh proof of the token's key for this request, used once",
    ),
    headers: challenge("DPoP", "invalid_dpop_proof"),
  };
}

/** RFC 6750 section 3, RFC 9449 section 7.1. */
function challenge(scheme: Scheme, error: string): Readonly<Record<string, string>> {
  const algs = scheme === "DPoP" ? ', algs="ES256 EdDSA"' : "";
  return { "www-authenticate": `${scheme} realm="postern", error="${error}"${algs}` };
}
