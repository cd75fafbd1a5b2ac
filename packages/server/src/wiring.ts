import type { Service, World } from "@postern/service";
import type { AccessTokens } from "./access-request/tokens.ts";
import type { Bearers } from "./access-token/bearers.ts";
import type { Assertions } from "./assertion.ts";
import type { Config } from "./config/settings.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Outbox } from "./notices/address-codes.ts";
import type { ReturnPaths } from "./return-path.ts";
import type { PageTokens } from "./search/page-token.ts";
import type { SessionWatch } from "./session/session-watch.ts";
import type { Receiver } from "./shared-signals/receiver.ts";
import type { Transmitter } from "./shared-signals/transmitter.ts";
import type { Traces } from "./traces/traces.ts";

/** Where the three listeners are found from outside. Known once all three listen. */
export interface Places {
  control(): string;
  people(): string;
  /** Null: no upstream, no gateway. */
  gateway(): string | null;
}

/** What every listener is given by the composition root. */
export interface Wiring {
  readonly service: Service;
  readonly config: Config;
  readonly world: World;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly assertions: Assertions;
  readonly returns: ReturnPaths;
  readonly pages: PageTokens;
  readonly accessTokens: AccessTokens;
  readonly places: Places;
  /** Tells windows how it stands with their session. */
  readonly sessionWatch: SessionWatch;
  readonly receiver: Receiver;
  readonly transmitter: Transmitter;
  /** Access tokens at gates; omitted: none are taken. */
  readonly bearers?: Bearers;
  /** What would have been mailed; null or omitted: it is mailed. */
  readonly outbox?: Outbox | null;
  /** Omitted: no tracer provider is registered. */
  readonly traces?: Traces;
}

/** A listener that has been started. `close` stops accepting, lets what runs finish, and answers when all is done. */
export interface Listener {
  readonly url: string;
  close(): Promise<void>;
}
