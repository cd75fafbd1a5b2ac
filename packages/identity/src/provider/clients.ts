import { accept, type Result, refuse } from "@postern/core";

import { OPERATORS_CLIENT } from "./operators.ts";

/** A client of the provider, by the names of RFC 7591 and of OpenID Connect's logout specifications. */
export interface Client {
  readonly client_id: string;
  readonly client_name?: string;
  /** Absent: a public client. */
  readonly client_secret?: string;
  readonly token_endpoint_auth_method: "client_secret_basic" | "client_secret_post" | "none";
  /** None: a resource server, which only asks about tokens. */
  readonly redirect_uris: readonly string[];
  readonly post_logout_redirect_uris: readonly string[];
  readonly backchannel_logout_uri?: string;
  /** May ask about tokens of other clients. */
  readonly introspect: boolean;
  /** Signs in devices without a browser, by a code (RFC 8628). */
  readonly device: boolean;
  /** Its tokens are good only with a proof of its key (RFC 9449 section 5.2). */
  readonly dpop_bound_access_tokens: boolean;
  /** The address of this resource server, by which clients ask for tokens that are for it alone (RFC 8707). */
  readonly resource?: string;
  /** Under which its clients know it (scheme and host); absent: that of `resource`. */
  readonly origins?: readonly string[];
  /** What it takes: `jwt` (RFC 9068) where it cannot ask about every token. */
  readonly access_token: "opaque" | "jwt";
  /** Those that clients may ask for at it. */
  readonly scopes: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

const KNOWN: ReadonlySet<string> = new Set([
  "client_id",
  "client_name",
  "client_secret",
  "token_endpoint_auth_method",
  "redirect_uris",
  "post_logout_redirect_uris",
  "backchannel_logout_uri",
  "introspect",
  "device",
  "dpop_bound_access_tokens",
  "resource",
  "origins",
  "access_token",
  "scopes",
]);
const METHODS = ["client_secret_basic", "client_secret_post", "none"] as const;
const SHORTEST_SECRET = 32;

/** Reads `{"clients": [...]}`. The refusal names the client and the field, and repeats no secret. */
export function readClients(text: string): Result<readonly Client[], string> {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return refuse("expected JSON");
  }
  if (!isFields(read) || Object.keys(read).join() !== "clients" || !Array.isArray(read.clients))
    return refuse('expected `{"clients": [...]}`');
  const clients: Client[] = [];
  for (const [index, one] of read.clients.entries()) {
    const client = clientOf(one);
    if (!client.ok) return refuse(`clients[${index}]: ${client.refusal}`);
    if (clients.some(({ client_id }) => client_id === client.value.client_id))
      return refuse(`clients[${index}]: expected each client once, got \`${client.value.client_id}\` again`);
    const { resource } = client.value;
    if (resource !== undefined && clients.some((one) => one.resource === resource))
      return refuse(`clients[${index}]: expected each \`resource\` once, got \`${resource}\` again`);
    clients.push(client.value);
  }
  return accept(clients);
}

function clientOf(given: unknown): Result<Client, string> {
  if (!isFields(given)) return refuse("expected an object");
  const unknown = Object.keys(given).find((name) => !KNOWN.has(name));
  if (unknown !== undefined) return refuse(`unknown field \`${unknown.slice(0, 64)}\``);
  const { client_id: id, client_name: name, client_secret: secret, backchannel_logout_uri: logout } = given;
  if (typeof id !== "string" || !/^[A-Za-z0-9._~-]{1,128}$/.test(id))
    return refuse("expected a `client_id` of letters, digits, `.`, `_`, `~` and `-`");
  if (id === OPERATORS_CLIENT)
    return refuse(`expected another \`client_id\` than \`${id}\`, which is built in`);
  if (name !== undefined && (typeof name !== "string" || name === "" || name.length > 128))
    return refuse("expected a `client_name` of at most 128 characters");
  if (secret !== undefined && (typeof secret !== "string" || secret.length < SHORTEST_SECRET))
    return refuse(`expected a \`client_secret\` of at least ${SHORTEST_SECRET} characters`);
  const method = METHODS.find(
    (one) =>
      one === (given.token_endpoint_auth_method ?? (secret === undefined ? "none" : "client_secret_basic")),
  );
  if (method === undefined || (method === "none") !== (secret === undefined))
    return refuse(
      `expected a \`token_endpoint_auth_method\` of ${METHODS.join(", ")} that fits the \`client_secret\``,
    );
  const redirects = addresses(given.redirect_uris ?? []);
  const logouts = addresses(given.post_logout_redirect_uris ?? []);
  if (redirects === null || logouts === null)
    return refuse(
      "expected https addresses without a fragment in `redirect_uris` (http only to this machine)",
    );
  if (logout !== undefined && !isAddress(logout))
    return refuse("expected an https address as `backchannel_logout_uri` (http only to this machine)");
  const introspect = given.introspect ?? false;
  if (typeof introspect !== "boolean" || (introspect && secret === undefined))
    return refuse("expected `introspect` to be `true` or `false`, and a `client_secret` with it");
  const bound = given.dpop_bound_access_tokens ?? false;
  if (typeof bound !== "boolean")
    return refuse("expected `dpop_bound_access_tokens` to be `true` or `false`");
  const device = given.device ?? false;
  if (typeof device !== "boolean") return refuse("expected `device` to be `true` or `false`");
  const takes = resourceOf(given);
  if (!takes.ok) return takes;
  return accept({
    ...takes.value,
    device,
    dpop_bound_access_tokens: bound,
    client_id: id,
    token_endpoint_auth_method: method,
    redirect_uris: redirects,
    post_logout_redirect_uris: logouts,
    introspect,
    ...(name === undefined ? {} : { client_name: name }),
    ...(secret === undefined ? {} : { client_secret: secret }),
    ...(logout === undefined ? {} : { backchannel_logout_uri: logout }),
  });
}

function resourceOf({
  resource,
  origins,
  access_token: form = "opaque",
  scopes = [],
}: Fields): Result<Pick<Client, "resource" | "origins" | "access_token" | "scopes">, string> {
  if (form !== "opaque" && form !== "jwt") return refuse("expected an `access_token` of opaque or jwt");
  if (!Array.isArray(scopes) || !scopes.every(isScope))
    return refuse("expected `scopes` that are names other than `openid` and `profile`");
  if (resource === undefined)
    return form === "jwt" || scopes.length > 0 || origins !== undefined
      ? refuse("expected a `resource` with `access_token`, `scopes` and `origins`")
      : accept({ access_token: form, scopes });
  const known = origins === undefined ? [] : addresses(origins);
  if (known === null || !known.every((one) => new URL(one).origin === one))
    return refuse("expected `origins` such as `https://orders.example` (http only to this machine)");
  return isAddress(resource)
    ? accept({
        resource,
        access_token: form,
        scopes,
        ...(origins === undefined ? {} : { origins: known }),
      })
    : refuse("expected an https address without a fragment as `resource` (http only to this machine)");
}

function isScope(given: unknown): given is string {
  return (
    typeof given === "string" &&
    /^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/.test(given) &&
    !["openid", "profile", "offline_access"].includes(given)
  );
}

function isFields(given: unknown): given is Fields {
  return typeof given === "object" && given !== null && !Array.isArray(given);
}

function addresses(given: unknown): readonly string[] | null {
  return Array.isArray(given) && given.every(isAddress) ? given : null;
}

function isAddress(given: unknown): given is string {
  if (typeof given !== "string" || !URL.canParse(given)) return false;
  const { protocol, hostname, hash, username, password } = new URL(given);
  const here = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  return (
    (protocol === "https:" || (protocol === "http:" && here)) &&
    hash === "" &&
    username === "" &&
    password === ""
  );
}
