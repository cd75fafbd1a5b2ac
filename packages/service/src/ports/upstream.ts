import type { Assurance, EntityName, Instant } from "@postern/core";

/** A subject as another identity provider names it: the two together are never given to anybody else. */
export interface UpstreamSubject {
  /** Its identifier: an OpenID Connect issuer, a SAML entity id. */
  readonly issuer: string;
  readonly subject: string;
}

/** A sign-in at another identity provider, checked, in our own words. By whatever protocol it came. */
export interface UpstreamSignIn extends UpstreamSubject {
  /** As configuration maps and caps it. */
  readonly acr: Exclude<Assurance, "none">;
  /** When the person authenticated there, as it says. */
  readonly authTime: Instant;
  /** The name of its session there; null: it names none. */
  readonly session: string | null;
  /** When it says that its session ends; ours ends then at the latest. */
  readonly endsAt: Instant | null;
  /** Verified states that configuration lets it speak of: whether it says them now. Of others it says nothing. */
  readonly states: Readonly<Record<string, boolean>>;
  /** The mail address that it holds: what it says of an address, it says of this one. Null: it names none. */
  readonly address: string | null;
  /** What the person calls their account there; empty: nothing. */
  readonly label: string;
  /** The account to open where the subject is unknown; null: none is opened. */
  readonly opens: EntityName | null;
}
