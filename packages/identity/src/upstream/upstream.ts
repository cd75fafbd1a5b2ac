import type { Assurance } from "@postern/core";
import type { UpstreamSignIn } from "@postern/service";

/** What a sign-in at another identity provider is asked for. */
export interface UpstreamAim {
  /** Where it leads back to: of this provider alone, so that no other's answer is taken for its. */
  readonly callback: string;
  readonly wanted: Exclude<Assurance, "none">;
  /** Seconds: how old an authentication there may be. */
  readonly maxAge: number;
  /** The person shows who they are, whatever was done there before. */
  readonly anew: boolean;
}

/** A sign-in that was begun. Everything of it stays on this side but the address. */
export interface Begun {
  readonly address: string;
  /** By which the answer finds it. */
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly maxAge: number;
}

export type Trouble =
  /** It does not answer, or not in time. */
  | "down"
  /** What it says does not fit: a signature, a name, a time, an answer to another question. */
  | "lying"
  /** The person did not go on there, or it would not let them. */
  | "declined";

export type Arrival =
  | { readonly kind: "signed-in"; readonly given: UpstreamSignIn }
  /** `detail` is for the operator, and holds nothing personal. */
  | { readonly kind: "trouble"; readonly trouble: Trouble; readonly detail: string };

export interface UpstreamLogout {
  readonly issuer: string;
  readonly subject: string | null;
  readonly session: string | null;
  /** What it asks for could not be done: the same token is taken again. */
  forget(): void;
}

/** Another identity provider, by whatever protocol it speaks. */
export interface Upstream {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  /** The most that it is let vouch for. */
  readonly reach: Exclude<Assurance, "none">;
  /** Null: it does not answer, or what it says of itself cannot be used. */
  begin(aim: UpstreamAim): Promise<Begun | null>;
  /** Takes the answer that came to its own address; of the address only the query counts. */
  arrive(begun: Begun, callback: string, query: URLSearchParams): Promise<Arrival>;
  /** Where a person signs out there, and comes back; null: it has no such place, or does not answer. */
  signOut(back: string): Promise<string | null>;
  /** What a logout token says; null: it is not one of this provider for us, or came before. */
  loggedOut(token: string): Promise<UpstreamLogout | null>;
}
