import { instant, isAssurance } from "@postern/core";
import { errors, type KoaContextWithOIDC } from "oidc-provider";
import type { ProviderParts } from "./parts.ts";

/**
 * Asks policy again before a refresh token is used up, by what that token says: one of before a step-up is judged as what
 * it is. What policy asks for now, no refresh can do, so the client begins anew (RFC 6749 section 5.2).
 *
 * @throws InvalidGrant where policy does not allow it, or asks for more.
 */
export async function refreshAllowed(
  ctx: KoaContextWithOIDC,
  { judge }: Pick<ProviderParts, "judge">,
): Promise<void> {
  const { client, entities } = ctx.oidc;
  const token = entities.RefreshToken;
  const { acr, amr, authTime, exp, sessionUid } = token ?? {};
  if (client === undefined || sessionUid === undefined) throw new errors.InvalidGrant("it names no session");
  if (acr === undefined || !isAssurance(acr) || acr === "none" || authTime === undefined || exp === undefined)
    throw new errors.InvalidGrant("it does not say what was done");
  const judged = await judge(sessionUid, client.clientId, {
    acr,
    amr: amr ?? [],
    authTime: instant(authTime * 1000),
    expiresAt: instant(exp * 1000),
  });
  if (judged.kind === "refused") throw new errors.InvalidGrant("policy does not allow it any more");
  if (judged.kind === "more") throw new errors.InvalidGrant("policy asks for a higher or fresher sign-in");
}
