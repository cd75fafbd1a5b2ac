import type { Context } from "../context.ts";
import { EXIT } from "../exit-code.ts";
import { CommandError } from "../failure.ts";

/** The client that every Postern knows as its command line. */
export const CLIENT = "postern-cli";

/** Where operators of one control plane sign in. */
export interface Endpoints {
  /** The control plane, which tokens are for. */
  readonly resource: string;
  readonly issuer: string;
  readonly authorization: string;
  readonly device: string;
  readonly token: string;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Asks the control plane where to sign in (RFC 9728), and the provider where its endpoints are (RFC 8414).
 *
 * DANGER: a control plane that named another's address as its own would be handed a token for that other one.
 */
export async function endpointsOf(url: string, context: Context): Promise<Endpoints> {
  const resource = url.replace(/\/+$/, "");
  const place = await fieldsAt(`${resource}/.well-known/oauth-protected-resource`, context);
  if (place.resource !== resource)
    throw new CommandError(
      EXIT.denied,
      `expected the control plane to call itself \`${resource}\`, got \`${short(place.resource)}\``,
      "name it by its own address, with --url or POSTERN_URL",
    );
  const [issuer] = Array.isArray(place.authorization_servers) ? place.authorization_servers : [];
  if (typeof issuer !== "string") throw garbled(resource);
  const about = await fieldsAt(`${issuer}/.well-known/openid-configuration`, context);
  if (about.issuer !== issuer) throw garbled(issuer);
  const endpoint = (name: string): string => {
    const address = about[name];
    if (typeof address !== "string" || !isPrivate(address) || originOf(address) !== originOf(issuer))
      throw garbled(issuer);
    return address;
  };
  return {
    resource,
    issuer,
    authorization: endpoint("authorization_endpoint"),
    device: endpoint("device_authorization_endpoint"),
    token: endpoint("token_endpoint"),
  };
}

/** Nobody on the way reads it: https, or this very machine. */
function isPrivate(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return (
    protocol === "https:" ||
    (protocol === "http:" && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname))
  );
}

function originOf(address: string): string {
  return URL.canParse(address) ? new URL(address).origin : "";
}

async function fieldsAt(address: string, { fetch, signal }: Context): Promise<Fields> {
  if (!isPrivate(address))
    throw new CommandError(
      EXIT.usage,
      `expected an https address to sign in at (http only to this machine), got \`${short(address)}\``,
    );
  let response: Response;
  try {
    response = await fetch(address, { redirect: "error", signal, headers: { accept: "application/json" } });
  } catch (cause) {
    signal.throwIfAborted();
    throw new CommandError(EXIT.unavailable, `\`${address}\` cannot be reached`, hintOf(cause));
  }
  const read: unknown = response.ok ? await response.json().catch(() => null) : null;
  if (typeof read !== "object" || read === null) throw garbled(address);
  return read as Fields;
}

function hintOf(cause: unknown): string | null {
  return cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : null;
}

function garbled(address: string): CommandError {
  return new CommandError(EXIT.unavailable, `\`${short(address)}\` does not say where to sign in`);
}

function short(given: unknown): string {
  return String(given).slice(0, 200);
}
