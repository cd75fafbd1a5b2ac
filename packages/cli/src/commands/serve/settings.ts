// Written out here so that help needs no server; a test holds the names to the server's settings. Secrets are taken
// from the environment or from files only: a command line is read by every program on the machine.
export const SETTING_OPTIONS = {
  config: {
    type: "text",
    value: "<file>",
    about: "a JSON file of settings; environment and flags win over it",
  },
  mode: { type: "text", value: "<mode>", about: "development or production (default production)" },
  host: { type: "text", value: "<address>", about: "the address to listen on (default 127.0.0.1)" },
  port: { type: "text", value: "<port>", about: "port of the control plane (default 4600)" },
  "people-port": { type: "text", value: "<port>", about: "port of the people's pages (default 4601)" },
  "gateway-port": { type: "text", value: "<port>", about: "port of the built-in gateway (default 4602)" },
  "public-url": { type: "text", value: "<url>", about: "the control plane as seen from outside" },
  "people-url": { type: "text", value: "<url>", about: "the people's pages as seen from outside" },
  "gateway-url": { type: "text", value: "<url>", about: "the gateway as seen from outside" },
  "gateway-resource": {
    type: "text",
    value: "<client>",
    about: "the resource server that the gateway's application is: its access tokens are taken there",
  },
  upstream: { type: "text", value: "<url>", about: "the application behind the built-in gateway" },
  "trusted-proxies": {
    type: "text",
    value: "<list>",
    about: "addresses and networks whose forwarding headers count",
  },
  "data-dir": {
    type: "text",
    value: "<directory>",
    about: "where the embedded store and keys live (default data)",
  },
  "database-url-file": { type: "text", value: "<file>", about: "a file that holds the PostgreSQL address" },
  "policy-dir": { type: "text", value: "<directory>", about: "the policy that a first start puts in force" },
  "master-key-file": { type: "text", value: "<file>", about: "a file that holds the deployment key" },
  "bootstrap-token-file": {
    type: "text",
    value: "<file>",
    about: "a file that holds the first administrator's secret",
  },
  origin: { type: "text", value: "<name>", about: "the ledger's name in checkpoints" },
  "oidc-clients": { type: "text", value: "<file>", about: "the clients of the OpenID Provider, as JSON" },
  "signal-transmitters": {
    type: "text",
    value: "<file>",
    about: "a JSON file that names transmitters of Shared Signals to listen to",
  },
  upstreams: {
    type: "text",
    value: "<file>",
    about: "other identity providers at which people may sign in, as JSON",
  },
  "network-database": {
    type: "text",
    value: "<files>",
    about: "MMDB files that say the provider, country and place of addresses",
  },
  "parked-form-size": {
    type: "text",
    value: "<bytes>",
    about: "the largest form that waits for a step-up (default 262144)",
  },
  "head-file": { type: "text", value: "<file>", about: "where the last signed head is kept" },
  witnesses: {
    type: "text",
    value: "<list>",
    about: "who is asked to cosign signed heads: `<vkey> <url>`, separated by commas",
  },
  "log-level": { type: "text", value: "<level>", about: "debug, info, warn, error or silent (default info)" },
  "decision-lines": { type: "flag", about: "print one line per decision" },
  "smtp-url-file": { type: "text", value: "<file>", about: "a file that holds the mail server's address" },
  "mail-from": { type: "text", value: "<address>", about: "the sender of notices" },
  "mail-attribute": {
    type: "text",
    value: "<name>",
    about: "the entity attribute that holds a mail address (default email)",
  },
  "webhook-url": { type: "text", value: "<url>", about: "where notices go by Standard Webhooks" },
  "webhook-secret-file": { type: "text", value: "<file>", about: "a file that holds the webhook secret" },
  "notices-give-up-after": {
    type: "text",
    value: "<span>",
    about: "how long a notice is tried before it is given up (default P14D)",
  },
  "log-names": { type: "flag", about: "names instead of references in those lines (development only)" },
} as const;

/** The flags as the server reads them: text, by name without dashes. */
export function settingFlags(
  options: Readonly<Record<keyof typeof SETTING_OPTIONS, string | boolean | undefined>>,
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.keys(SETTING_OPTIONS).map((name) => {
      const value = options[name as keyof typeof SETTING_OPTIONS];
      return [name, value === true ? "true" : value === false ? undefined : value];
    }),
  );
}
