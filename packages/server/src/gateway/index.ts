import type { AddressInfo } from "node:net";
import { createLinkCodes, type LinkCodes } from "../people/link-codes.ts";
import type { EntryCodes } from "../sign-in/entry.ts";
import type { Listener, Wiring } from "../wiring.ts";
import { createGateway } from "./gateway.ts";
import { createUpstream, type Patience } from "./upstream.ts";

/** How long open exchanges may go on when the gateway stops, in milliseconds. */
const GRACE = 5_000;

export interface GatewayOptions {
  /** Shared with the people's listener; without it no link to the people's pages opens. */
  readonly links?: LinkCodes;
  /** Shared with the people's listener; without it no sign-in there leads back here. */
  readonly entries?: EntryCodes;
  readonly patience?: Patience;
}

/** Starts the built-in reverse proxy in front of `config.upstream`. Fails where there is none, or the port is taken. */
export async function startGateway(wiring: Wiring, options: GatewayOptions = {}): Promise<Listener> {
  const { config, world } = wiring;
  if (config.upstream === null) throw new TypeError("a gateway needs an upstream");
  const upstream = createUpstream(config.upstream, options.patience);
  const gateway = createGateway(
    wiring,
    { links: options.links ?? createLinkCodes(world), entries: options.entries ?? createLinkCodes(world) },
    upstream,
  );
  const { server } = gateway;
  await new Promise<void>((listening, failed) => {
    server.once("error", failed);
    server.listen(config.gatewayPort, config.host, () => {
      server.removeListener("error", failed);
      listening();
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}`,
    close: () =>
      new Promise((closed) => {
        // Streams and WebSockets would wait for ever: they are given a moment, then ended.
        const cancel = world.after(GRACE, () => {
          gateway.close();
          server.closeAllConnections();
        });
        server.close(() => {
          cancel();
          gateway.close();
          closed();
        });
        server.closeIdleConnections();
      }),
  };
}
