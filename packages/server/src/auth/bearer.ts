import type { IncomingMessage } from "node:http";
import type { Token, TokenScope } from "@postern/core";
import { type Problem, problem, type Service } from "@postern/service";

const LONGEST = 512;

/** The secret of `Authorization: Bearer` (RFC 6750 section 2.1); null where there is none in that form. */
function bearerSecret(header: string | undefined): string | null {
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
