import type { Assurance, EntityName, SessionEnd } from "@postern/core";
import { queried } from "./entity.ts";
import { isFields, numberIn } from "./json.ts";
import { type Listing, listing, type PageQuery } from "./page.ts";
import { type CallOptions, path, type Transport, type WriteOptions } from "./transport.ts";

/** One sign-in on one device. Instants are RFC 3339 in UTC. */
export interface Session {
  readonly id: string;
  readonly subject: EntityName;
  readonly device: EntityName | null;
  readonly acr: Assurance;
  readonly amr: readonly string[];
  readonly authTime: string;
  readonly startedAt: string;
  readonly expiresAt: string;
  readonly state: "live" | "ended" | "revoked";
  /** When inactivity ends it, an opt-out counted in; null: no inactivity timeout is kept for all of it. */
  readonly inactivityEndsAt: string | null;
  /** When its person was last known to be at it. */
  readonly activeAt: string;
  /** When somebody or something ended it before its time; null: nobody did. */
  readonly revokedAt: string | null;
  /** What ended it; null while it is live. */
  readonly endedBy: SessionEnd | null;
  readonly registeredBy: string;
  /** Whether others use its browser; null: nobody has said. */
  readonly shared: boolean | null;
}

/** One session with what was seen of its browser, and what limits it. */
export interface SessionDetail extends Session {
  /** As far as it was seen when the session began; null: it was not. */
  readonly seen: {
    readonly browser: string | null;
    readonly system: string | null;
    readonly deviceKind: string | null;
    /** ISO 3166-1 alpha-2. */
    readonly country: string | null;
    /** CIDR notation. */
    readonly network: string | null;
  } | null;
  readonly limits: { readonly inactivity: SessionLimit | null; readonly overall: SessionLimit };
  /** The opt-out that carries it past its inactivity timeout; null: none does. */
  readonly optOut: {
    readonly id: string;
    /** ISO 8601; null: up to the overall end. */
    readonly inactivity: string | null;
    readonly until: string;
  } | null;
}

/** How long, what set it (`policy`, the source of a preset, or `sign-in`), in which SessionProfile. */
export interface SessionLimit {
  /** ISO 8601. */
  readonly length: string;
  readonly setBy: string;
  readonly profile: string | null;
  readonly endsAt: string;
}

/** What an application that keeps its own login states about a sign-in: what was done, and when. */
export interface SignedIn {
  readonly subject: EntityName;
  readonly device?: EntityName;
  readonly acr: Assurance;
  /** RFC 8176, such as `pwd`, `otp`. */
  readonly amr?: readonly string[];
  readonly authTime: string;
  readonly expiresAt: string;
}

/** `secret` goes into the `__Host-postern` cookie and is shown this once. */
export interface Registered {
  readonly session: Session;
  readonly secret: string;
}

export interface Sessions {
  register(signedIn: SignedIn, options?: WriteOptions): Promise<Registered>;
  /** A completed second step: the same session, a new secret. The old secret is void. */
  stepUp(id: string, signedIn: SignedIn, options?: WriteOptions): Promise<Registered>;
  revoke(id: string, options?: WriteOptions): Promise<Session>;
  /** An administrator's word on whether others use its browser; to be shared ends the trust in its device. */
  mark(id: string, shared: boolean, options?: WriteOptions): Promise<Session>;
  /** Ends every live session of a subject, on a device, registered by one application, or all; answers how many. */
  revokeAll(of: SessionsOf, options?: WriteOptions): Promise<number>;
  /** Newest first, those that are over too. */
  list(query?: SessionQuery): Listing<Session>;
  get(id: string, options?: CallOptions): Promise<SessionDetail>;
}

export interface SessionQuery extends PageQuery {
  readonly subject?: EntityName;
  readonly device?: EntityName;
  /** The token of the application that registered it, or `postern`. */
  readonly client?: string;
  /** `over`: ended or revoked. */
  readonly state?: Session["state"] | "over";
  readonly cause?: SessionEnd;
  /** Began then or later; RFC 3339. */
  readonly since?: string;
  /** The beginning of an id (of a session or of who registered it), or the whole name of a person or device. */
  readonly q?: string;
}

export type SessionsOf =
  | { readonly subject: EntityName }
  | { readonly device: EntityName }
  | { readonly client: string }
  | { readonly all: true };

export function sessions(transport: Transport): Sessions {
  const register = async (body: unknown, options: WriteOptions | undefined): Promise<Registered> =>
    (await transport.json({ ...options, method: "POST", path: "/v1/sessions", body })) as Registered;
  return {
    register: (signedIn, options) => register(signedIn, options),
    stepUp: (id, signedIn, options) => register({ ...signedIn, id }, options),
    revoke: async (id, options) =>
      (await transport.json({ ...options, method: "DELETE", path: `/v1/sessions${path(id)}` })) as Session,
    mark: async (id, shared, options) =>
      (await transport.json({
        ...options,
        method: "PUT",
        path: `/v1/sessions${path(id)}/shared`,
        body: { shared },
      })) as Session,
    revokeAll: async (of, options) => {
      const answer = await transport.json({
        ...options,
        method: "POST",
        path: "/v1/sessions/revoke",
        body: of,
      });
      return isFields(answer) ? (numberIn(answer, "revoked") ?? 0) : 0;
    },
    get: async (id, options) =>
      (await transport.json({
        ...options,
        method: "GET",
        path: `/v1/sessions${path(id)}`,
      })) as SessionDetail,
    list: ({ subject, device, signal, ...query } = {}) =>
      listing<Session>(transport, {
        method: "GET",
        path: "/v1/sessions",
        query: { ...query, subject: queried(subject), device: queried(device) },
        ...(signal === undefined ? {} : { signal }),
      }),
  };
}
