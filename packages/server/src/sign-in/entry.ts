import type { SessionId } from "@postern/core";
import type { LinkCodes } from "../people/link-codes.ts";

/** A handle of a session on its way from the people's pages to the gateway: once, for a minute, in one browser. */
export interface EntryTarget {
  readonly session: SessionId;
  /** The session's new secret. Never in an address. Null: the gateway has its handle already, or makes one. */
  readonly secret: string | null;
  /** What its device has just proved; null: nothing. */
  readonly device: string | null;
  /** A path of the gateway's own. */
  readonly path: string;
}

export type EntryCodes = LinkCodes<EntryTarget>;
