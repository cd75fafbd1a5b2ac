import type { IncomingMessage } from "node:http";
import type { Assurance, Instant, SessionHandle } from "@postern/core";
import type { Artifacts, OpenidKey } from "@postern/service";
import type { Client } from "./clients.ts";

/** A live session as the provider needs it. What it says is what it says now. */
export interface ProviderSession {
  readonly id: string;
  /** The reference of its subject: never given to anybody else, and telling nothing of the person. */
  readonly subject: string;
  readonly acr: Exclude<Assurance, "none">;
  readonly amr: readonly string[];
  readonly authTime: Instant;
  readonly expiresAt: Instant;
}

/** Sessions are Postern's; the provider only has handles of them. */
export interface ProviderSessions {
  /** The one that this browser has at the people's pages. */
  of(request: IncomingMessage): ProviderSession | null;
  /** Null where it does not live, or says nothing any more. */
  byId(id: string): ProviderSession | null;
  /** False: it could not be ended now. */
  end(id: string): Promise<boolean>;
}

/** What a client asks of the sign-in. Levels are ordered: the least of those that it names is enough. */
export interface Asked {
  readonly wanted: Exclude<Assurance, "none"> | null;
  /** Without it the client wants no answer at all. */
  readonly essential: boolean;
  /** Seconds. */
  readonly maxAge: number | null;
  /** Whatever was done before, the person shows who they are again (`prompt=login`). */
  readonly anew: boolean;
}

/** What policy says of somebody's sign-in at a client. */
export type Judgement =
  /** Policy asks for nothing more, or does not speak of this client. */
  | { readonly kind: "open" }
  /** An opt-out was honoured, and recorded: up to this level nothing more is asked for. */
  | { readonly kind: "lowered"; readonly upTo: Assurance }
  | {
      readonly kind: "more";
      readonly wanted: Exclude<Assurance, "none">;
      /** Seconds. */
      readonly maxAge: number | null;
    }
  | { readonly kind: "refused" };

export interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ProviderPages {
  /** `code` is OAuth's, such as `invalid_request`; `detail` is for developers. */
  error(request: IncomingMessage, told: { readonly code: string; readonly detail: string }): Page;
  signOut(
    request: IncomingMessage,
    form: {
      readonly action: string;
      readonly xsrf: string;
      /** Who asks for it; null: nobody that we know. */
      readonly client: string | null;
      /** Where it leads; null: to a page of ours. */
      readonly leadsTo: string | null;
    },
  ): Page;
  signedOut(request: IncomingMessage): Page;
  /** Asks for the code that a device shows. */
  userCode(
    request: IncomingMessage,
    form: { readonly action: string; readonly xsrf: string; readonly failed: boolean },
  ): Page;
  userCodeConfirm(
    request: IncomingMessage,
    form: {
      readonly action: string;
      readonly xsrf: string;
      readonly client: string;
      readonly code: string;
    },
  ): Page;
  deviceSignedIn(request: IncomingMessage): Page;
  /** Somebody typed a code that is none, which only few may do often. */
  wrongUserCode(request: IncomingMessage): void;
}

export interface ProviderParts {
  readonly issuer: string;
  /** The first one signs. */
  readonly keys: readonly OpenidKey[];
  readonly clients: readonly Client[];
  /** The control plane as a resource server, whose one client is the command line. */
  readonly controlPlane: string;
  readonly artifacts: Artifacts;
  readonly sessions: ProviderSessions;
  /**
   * Asks policy about a sign-in of this session at this client; with `handle`, by no more than that says; with
   * `browser`, as asked by that request of the person's.
   */
  readonly judge: (
    session: string,
    client: string,
    handle?: SessionHandle,
    browser?: IncomingMessage,
  ) => Promise<Judgement>;
  /** The name of an account; null where there is none any more. */
  readonly nameOf: (subject: string) => string | null;
  /** The latest that control-plane time can be. */
  readonly now: () => Instant;
  readonly after: (delay: number, run: () => void) => () => void;
  readonly pages: ProviderPages;
  /** Told of the session whose code or refresh token came a second time: its family has ended. */
  readonly reused: (session: string) => void;
  /** Told what an operator should know; never anything personal. */
  readonly trouble: (detail: string) => void;
}
