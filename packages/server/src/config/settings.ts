import { type Duration, milliseconds } from "@postern/core";
import type { LogLevel } from "../log.ts";
import type { ServeMode } from "./mode.ts";
import {
  attributeName,
  bool,
  duration,
  formSize,
  hostName,
  logLevel,
  mailAddress,
  mode,
  origin,
  path,
  paths,
  port,
  proxies,
  type Reader,
  resource,
  secret,
  secretKey,
  smtpUrl,
  url,
  webhookSecret,
  webhookUrl,
  witnesses,
} from "./values.ts";

/** Everything that can be set, after reading. Absent settings are null. */
export interface Config {
  readonly mode: ServeMode;
  /** The address that the three listeners bind. */
  readonly host: string;
  /** Ports: 0 lets the system choose. */
  readonly port: number;
  readonly peoplePort: number;
  readonly gatewayPort: number;
  readonly publicUrl: string | null;
  readonly peopleUrl: string | null;
  readonly gatewayUrl: string | null;
  /** The application behind the built-in gateway; null: no gateway. */
  readonly upstream: string | null;
  /** What access tokens must be for at the gateway, an address of the clients' file; null: none are taken there. */
  readonly gatewayResource: string | null;
  /** Addresses and networks (CIDR) whose forwarding headers count. */
  readonly trustedProxies: readonly string[];
  readonly dataDir: string;
  /** PostgreSQL; null: the embedded store in the data directory. */
  readonly databaseUrl: string | null;
  readonly policyDir: string | null;
  /** 32 bytes. */
  readonly masterKey: Uint8Array | null;
  readonly bootstrapToken: string | null;
  /** The ledger's name in checkpoints. */
  readonly origin: string;
  /** The last signed head, kept outside the database; null: in the data directory. */
  readonly headFile: string | null;
  /** Who is asked to cosign heads: a vkey and an address each, with a space between. */
  readonly witnesses: readonly string[];
  readonly logLevel: LogLevel;
  /** One line per decision on standard output. */
  readonly decisionLines: boolean;
  /** Names instead of references in decision lines; in development only. */
  readonly logNames: boolean;
  /** The mail server for notices; null: none are mailed. */
  readonly smtpUrl: string | null;
  readonly mailFrom: string | null;
  /** The entity attribute that holds an address. */
  readonly mailAttribute: string;
  /** Where notices go by Standard Webhooks; null: nowhere. */
  readonly webhookUrl: string | null;
  readonly webhookSecret: string | null;
  /** Milliseconds. */
  readonly noticesGiveUpAfter: Duration;
  /** How large a form may be that waits for a step-up, in bytes; 0: none waits. */
  readonly parkedFormSize: number;
  /** A file that names the clients of the OpenID Provider; null: there is none. */
  readonly oidcClients: string | null;
  /** A file that names other identity providers at which people may sign in; null: there are none. */
  readonly upstreams: string | null;
  /** Files that say where networks are and whose, by which risk is told; empty: nothing is known of addresses. */
  readonly networkDatabase: readonly string[];
  /** A file that names transmitters of Shared Signals that are listened to; null: there are none. */
  readonly signalTransmitters: string | null;
}

export interface Setting<Value> {
  readonly env: string;
  readonly flag: string;
  readonly about: string;
  /** Never shown; may also be given as a file (`<env>_FILE`, `<flag>-file`). */
  readonly secret: boolean;
  readonly fallback: Value;
  readonly read: Reader<Value>;
}

function setting<Value>(
  name: string,
  about: string,
  fallback: Value,
  read: Reader<Value>,
  secret = false,
): Setting<Value> {
  const flag = name.toLowerCase().replaceAll("_", "-");
  return { env: `POSTERN_${name}`, flag, about, secret, fallback, read };
}

export const SETTINGS: { readonly [Key in keyof Config]: Setting<Config[Key]> } = {
  mode: setting("MODE", "`development` or `production`", "production", mode),
  host: setting("HOST", "the address to listen on", "127.0.0.1", hostName),
  port: setting("PORT", "port of the control plane", 4600, port),
  peoplePort: setting("PEOPLE_PORT", "port of the people's pages", 4601, port),
  gatewayPort: setting("GATEWAY_PORT", "port of the built-in gateway", 4602, port),
  publicUrl: setting("PUBLIC_URL", "the control plane as seen from outside", null, url),
  peopleUrl: setting("PEOPLE_URL", "the people's pages as seen from outside", null, url),
  gatewayUrl: setting("GATEWAY_URL", "the gateway as seen from outside", null, url),
  upstream: setting("UPSTREAM", "the application behind the built-in gateway", null, url),
  gatewayResource: setting(
    "GATEWAY_RESOURCE",
    "the resource server that the gateway's application is: access tokens for it are taken there",
    null,
    resource,
  ),
  trustedProxies: setting(
    "TRUSTED_PROXIES",
    "addresses and networks, separated by commas, whose forwarding headers count",
    [],
    proxies,
  ),
  dataDir: setting("DATA_DIR", "where the embedded store, keys and the last signed head live", "data", path),
  databaseUrl: setting(
    "DATABASE_URL",
    "PostgreSQL; without it the embedded store is used",
    null,
    secret,
    true,
  ),
  policyDir: setting(
    "POLICY_DIR",
    "the policy directory that a first start publishes and activates",
    null,
    path,
  ),
  masterKey: setting("MASTER_KEY", "32 bytes in base64 or hexadecimal", null, secretKey, true),
  bootstrapToken: setting(
    "BOOTSTRAP_TOKEN",
    "the single-use secret of the first administrator",
    null,
    secret,
    true,
  ),
  origin: setting("ORIGIN", "the ledger's name in checkpoints", "postern.local/ledger", origin),
  headFile: setting("HEAD_FILE", "where the last signed head is kept, outside the database", null, path),
  witnesses: setting(
    "WITNESSES",
    "who is asked to cosign signed heads: a vkey and an address each, separated by commas",
    [],
    witnesses,
  ),
  logLevel: setting("LOG_LEVEL", "`debug`, `info`, `warn`, `error` or `silent`", "info", logLevel),
  decisionLines: setting("DECISION_LINES", "print one line per decision", false, bool),
  logNames: setting("LOG_NAMES", "show names in decision lines (development only)", false, bool),
  smtpUrl: setting("SMTP_URL", "the mail server for notices, `smtp://` or `smtps://`", null, smtpUrl, true),
  mailFrom: setting("MAIL_FROM", "the sender of notices", null, mailAddress),
  mailAttribute: setting(
    "MAIL_ATTRIBUTE",
    "the declared entity attribute that holds a mail address",
    "email",
    attributeName,
  ),
  webhookUrl: setting("WEBHOOK_URL", "where notices go by Standard Webhooks", null, webhookUrl),
  webhookSecret: setting("WEBHOOK_SECRET", "signs webhooks: `whsec_` and base64", null, webhookSecret, true),
  noticesGiveUpAfter: setting(
    "NOTICES_GIVE_UP_AFTER",
    "how long a notice is tried before it is given up",
    milliseconds(14 * 86_400_000),
    duration,
  ),
  parkedFormSize: setting(
    "PARKED_FORM_SIZE",
    "how large a form may be that waits for a step-up at the gateway, in bytes; 0: none waits",
    262_144,
    formSize,
  ),
  oidcClients: setting(
    "OIDC_CLIENTS",
    "a JSON file that names the clients of the OpenID Provider",
    null,
    path,
  ),
  signalTransmitters: setting(
    "SIGNAL_TRANSMITTERS",
    "a JSON file that names the transmitters of Shared Signals that are listened to",
    null,
    path,
  ),
  upstreams: setting(
    "UPSTREAMS",
    "a JSON file that names other identity providers at which people may sign in",
    null,
    path,
  ),
  networkDatabase: setting(
    "NETWORK_DATABASE",
    "MMDB files, separated by commas, that say the provider, country and place of addresses",
    [],
    paths,
  ),
};

export const SETTING_KEYS: readonly (keyof Config)[] = Object.keys(SETTINGS).filter(
  (key): key is keyof Config => Object.hasOwn(SETTINGS, key),
);
