import type { AddressData, ClientData } from "@postern/service";
import { ConfigError } from "../config/load.ts";
import type { Config } from "../config/settings.ts";
import { plainAddress } from "../gateway/client.ts";
import { agentReader } from "./agent.ts";
import { type NetworkDatabase, NOTHING_SAID, readNetworkDatabase } from "./network-database.ts";

/**
 * What is known of addresses and browsers: by the operator's own files, read once, and by the browser's text. Nothing
 * is ever asked of anybody else.
 *
 * @throws ConfigError where a file cannot be read or is not whole.
 */
export function clientDataOf({ networkDatabase }: Pick<Config, "networkDatabase">): ClientData {
  const databases: NetworkDatabase[] = [];
  const problems: string[] = [];
  for (const file of networkDatabase) {
    const read = readNetworkDatabase(file);
    if (read.ok) databases.push(read.value);
    else problems.push(`POSTERN_NETWORK_DATABASE: ${read.refusal}`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    address(address) {
      const plain = plainAddress(address);
      return plain === null
        ? NOTHING_SAID
        : databases.reduce((told, one) => also(told, one(plain)), NOTHING_SAID);
    },
    agent: agentReader(),
  };
}

/** The first file that says something counts. */
function also(told: AddressData, more: AddressData): AddressData {
  return {
    asn: told.asn ?? more.asn,
    country: told.country ?? more.country,
    place: told.place ?? more.place,
  };
}
