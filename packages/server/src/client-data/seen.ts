import type { IncomingMessage } from "node:http";
import type { ClientSeen } from "@postern/service";
import { type Client, clientOf } from "../gateway/client.ts";

/** What a connection and listed proxies say of who asks, as risk reads it. */
export function seenBy({ address }: Client, { headers }: IncomingMessage): ClientSeen {
  return { address, agent: headers["user-agent"] ?? null };
}

/** The same with the network, as questions hold it. */
export function comingFrom(
  request: IncomingMessage,
  trusted: (peer: string | undefined) => boolean,
): { readonly client: ClientSeen; readonly network: string } {
  const client = clientOf(request, trusted, "http");
  return { client: seenBy(client, request), network: client.network };
}
