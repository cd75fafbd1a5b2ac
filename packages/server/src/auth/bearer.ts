import type { IncomingMessage } from "node:http";
import type { Token, TokenScope } from "@postern/core";
import { type Problem, problem, type Service } from "@postern/service";

const LONGEST = 512;
/** What a token of this deployment looks like, whether or not there is one. */
const ISSUED = /^pst_[A-Za-z0-9_-]{43}$/;

/** The secret of `Authorization: Bearer` (RFC 6750 section 2.1); null where there is none in that form. */
export function bearerSecret(header: string | undefined): string | null {
  if (header === undefined || header.length > LONGEST || header.charCodeAt(6) !== 0x20) return null;
  if (header.slice(0, 6).toLowerCase() !== "bearer") return null;
  const secret = header.slice(7);
  return secret === "" || secret.includes(" ") ? null : secret;
}

/** The live token of a request; null where it brings none or one that matches nothing. */
export function tokenOf(request: IncomingMessage, { tokens }: Pick<Service, "tokens">): Token | null {
  const secret = bearerSecret(request.headers.authorization);
  return secret === null ? null : tokens.bySecret(secret);
}

/**
 * The same, once what other nodes have recorded until now is taken in: a token that one of them revoked a moment ago
 * is not live, and one that it issued is. What is no token by its form costs the database nothing, and all that are
 * unknown together cost it little.
 */
export async function freshTokenOf(
  request: IncomingMessage,
  service: Pick<Service, "tokens" | "node">,
): Promise<Token | null> {
  const token = tokenOf(request, service);
  if (token === null) return strangersToken(request, service);
  await service.node.fresh();
  return tokenOf(request, service);
}

/** For a token that is not known here: another node may have issued it a moment ago. */
export async function strangersToken(
  request: IncomingMessage,
  service: Pick<Service, "tokens" | "node">,
): Promise<Token | null> {
  const secret = bearerSecret(request.headers.authorization);
  if (secret === null || !ISSUED.test(secret)) return null;
  await service.node.freshForStrangers();
  return service.tokens.bySecret(secret);
}

/** `admin` includes every scope. */
export function hasScope(token: Token, scopes: readonly TokenScope[]): boolean {
  return token.scopes.includes("admin") || scopes.some((scope) => token.scopes.includes(scope));
}

export function unauthenticated(): Problem {
  return problem("caller.unauthenticated", "expected `Authorization: Bearer` with a live token");
}

export function scopeMissing(scopes: readonly TokenScope[]): Problem {
  const wanted = scopes.map((scope) => `\`${scope}\``).join(" or ");
  return problem("caller.scope", `the token lacks the scope ${wanted}`);
}
