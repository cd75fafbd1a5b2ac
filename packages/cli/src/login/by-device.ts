import { setTimeout as pause } from "node:timers/promises";
import type { Context } from "../context.ts";
import { EXIT } from "../exit-code.ts";
import { CommandError } from "../failure.ts";
import type { Wanted } from "./by-browser.ts";
import type { Endpoints } from "./endpoints.ts";
import { askForTokens, errorIn, notSignedIn, post, type Tokens } from "./token-request.ts";

const GRANT = "urn:ietf:params:oauth:grant-type:device_code";
/** Seconds (RFC 8628 section 3.5). */
const USUAL_INTERVAL = 5;
const SLOWER = 5;

/** Signs in with a browser on another machine, by a code that the person types there (RFC 8628). */
export async function byDevice(
  endpoints: Endpoints,
  wanted: Wanted,
  context: Context,
  show: (code: { readonly address: string; readonly code: string }) => void,
): Promise<Tokens> {
  const { ok, fields } = await post(
    endpoints.device,
    { ...wanted, scope: "openid", resource: endpoints.resource },
    context,
  );
  if (!ok) throw notSignedIn(errorIn(fields));
  const { device_code: device, user_code: code, verification_uri: address, interval } = fields;
  if (typeof device !== "string" || typeof code !== "string" || typeof address !== "string")
    throw new CommandError(EXIT.unavailable, "the provider's answer holds no code");
  show({ address, code });
  let seconds = typeof interval === "number" && interval > 0 ? interval : USUAL_INTERVAL;
  for (;;) {
    await pause(seconds * 1000, undefined, { signal: context.signal });
    const answer = await askForTokens(endpoints, { grant_type: GRANT, device_code: device }, context);
    if (answer.ok) return answer.tokens;
    if (answer.error === "slow_down") seconds += SLOWER;
    else if (answer.error !== "authorization_pending") throw notSignedIn(answer.error);
  }
}
