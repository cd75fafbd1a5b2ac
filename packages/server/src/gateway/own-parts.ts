import type { LinkCodes } from "../people/link-codes.ts";
import type { EntryCodes } from "../sign-in/entry.ts";
import type { Wiring } from "../wiring.ts";
import type { Client } from "./client.ts";

/** What the gateway's own routes are given. */
export interface OwnRoutes {
  readonly wiring: Wiring;
  readonly links: LinkCodes;
  readonly entries: EntryCodes;
  /** Origins under which the gateway itself is known to this request. */
  readonly origins: readonly string[];
  readonly client: Client;
}
