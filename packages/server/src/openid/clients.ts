import { readFileSync } from "node:fs";
import { type Client, readClients } from "@postern/identity";
import { ConfigError } from "../config/load.ts";
import type { Config } from "../config/settings.ts";

/**
 * The clients that the configuration names.
 *
 * @throws ConfigError where the file cannot be read or says something else.
 */
export function clientsOf(config: Pick<Config, "oidcClients" | "gatewayResource">): readonly Client[] {
  const { gatewayResource } = config;
  const clients = readOf(config);
  if (gatewayResource !== null && !clients.some(({ resource }) => resource === gatewayResource))
    throw new ConfigError([
      `POSTERN_GATEWAY_RESOURCE: expected a \`resource\` of POSTERN_OIDC_CLIENTS, got \`${gatewayResource}\``,
    ]);
  return clients;
}

function readOf({ oidcClients }: Pick<Config, "oidcClients">): readonly Client[] {
  if (oidcClients === null) return [];
  let text: string;
  try {
    text = readFileSync(oidcClients, "utf8");
  } catch {
    throw new ConfigError([`POSTERN_OIDC_CLIENTS: expected a file that can be read, got \`${oidcClients}\``]);
  }
  const clients = readClients(text);
  if (!clients.ok) throw new ConfigError([`POSTERN_OIDC_CLIENTS: ${clients.refusal}`]);
  return clients.value;
}
