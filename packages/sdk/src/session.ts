import type { Assurance, EntityName } from "@postern/core";
import { queried } from "./entity.ts";
import { isFields, numberIn } from "./json.ts";
import { type Listing, listing, type PageQuery } from "./page.ts";
import { path, type Transport, type WriteOptions } from "./transport.ts";

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
  readonly registeredBy: string;
  /** Whether others use its browser; null: nobody has said. */
  readonly shared: boolean | null;
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
  list(query?: PageQuery & { readonly subject?: EntityName }): Listing<Session>;
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
    list: ({ subject, signal, ...query } = {}) =>
      listing<Session>(transport, {
        method: "GET",
        path: "/v1/sessions",
        query: { ...query, subject: queried(subject) },
        ...(signal === undefined ? {} : { signal }),
      }),
  };
}
