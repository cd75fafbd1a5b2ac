import type { AddressInfo } from "node:net";
import type { Client, Upstream } from "@postern/identity";
import type { EntryCodes } from "../sign-in/entry.ts";
import type { Listener, Wiring } from "../wiring.ts";
import { createLinkCodes, type LinkCodes } from "./link-codes.ts";
import { createPeople } from "./people.ts";

export interface PeopleOptions {
  /** Shared with the gateway; without it no link from there opens a page. */
  readonly links?: LinkCodes;
  /** Shared with the gateway; without it no sign-in here leads back there. */
  readonly entries?: EntryCodes;
  /** Of the OpenID Provider, beside the command line. */
  readonly clients?: readonly Client[];
  /** Other identity providers at which people may sign in. */
  readonly upstreams?: readonly Upstream[];
}

/** Starts the people's pages on an origin of their own. Fails where the port is taken. */
export async function startPeople(wiring: Wiring, options: PeopleOptions = {}): Promise<Listener> {
  const { config, world } = wiring;
  const server = createPeople(
    wiring,
    options.links ?? createLinkCodes(world),
    options.entries ?? createLinkCodes(world),
    options.clients ?? [],
    options.upstreams ?? [],
  );
  await new Promise<void>((listening, failed) => {
    server.once("error", failed);
    server.listen(config.peoplePort, config.host, () => {
      server.removeListener("error", failed);
      listening();
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeIdleConnections();
      }),
  };
}
