import { itemsOf } from "./page.ts";
import type { CallOptions, Transport } from "./transport.ts";

/** How far a channel has told holders and owners what happened. */
export interface Channel {
  readonly channel: string;
  /** Entries that it has not looked at yet. */
  readonly behind: number;
  readonly toldUntil: string | null;
  readonly failingSince: string | null;
  /** Failures in a row. */
  readonly attempts: number;
  readonly nextAt: string | null;
  readonly why: string | null;
  /** Messages that were given up, ever. */
  readonly givenUp: number;
}

export interface Notices {
  channels(options?: CallOptions): Promise<readonly Channel[]>;
}

export function notices(transport: Transport): Notices {
  return {
    channels: async (options) =>
      itemsOf<Channel>(await transport.json({ ...options, method: "GET", path: "/v1/notices" })),
  };
}
