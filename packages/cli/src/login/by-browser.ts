import { createHash, timingSafeEqual } from "node:crypto";
import type { Context } from "../context.ts";
import { EXIT } from "../exit-code.ts";
import { CommandError } from "../failure.ts";
import { CLIENT, type Endpoints } from "./endpoints.ts";
import { askForTokens, notSignedIn, type Tokens } from "./token-request.ts";

/** How long a person may take, in milliseconds. */
const PATIENCE = 10 * 60_000;

/** What the request asks for besides, such as a level. */
export type Wanted = Readonly<Record<string, string>>;

/**
 * Signs in with the system's browser, which leads back to an address of this machine (RFC 8252), with PKCE (RFC 7636).
 * `show` is told where to go.
 */
export async function byBrowser(
  endpoints: Endpoints,
  wanted: Wanted,
  context: Context,
  show: (address: string) => void,
): Promise<Tokens> {
  const verifier = secret(context);
  const state = secret(context);
  const back = await context.loopback();
  try {
    const address = new URL(endpoints.authorization);
    const asked: Wanted = {
      ...wanted,
      client_id: CLIENT,
      response_type: "code",
      scope: "openid",
      redirect_uri: back.address,
      resource: endpoints.resource,
      state,
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
    };
    for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value);
    show(address.href);
    const limit = AbortSignal.timeout(PATIENCE);
    const code = await answered(back, state, endpoints.issuer, AbortSignal.any([limit, context.signal]));
    const answer = await askForTokens(
      endpoints,
      { grant_type: "authorization_code", code, redirect_uri: back.address, code_verifier: verifier },
      context,
    );
    if (!answer.ok) throw notSignedIn(answer.error);
    return answer.tokens;
  } finally {
    await back.close();
  }
}

/** Waits for the answer to this very request: whatever else comes by is turned away, and ends nothing. */
async function answered(
  back: Awaited<ReturnType<Context["loopback"]>>,
  state: string,
  issuer: string,
  signal: AbortSignal,
): Promise<string> {
  for (;;) {
    const visit = await back.next(signal).catch(() => null);
    if (visit === null) throw new CommandError(EXIT.timedOut, "nobody signed in in time");
    const { query } = visit;
    if (!same(query.get("state") ?? "", state) || query.getAll("state").length !== 1) {
      visit.answer(false);
      continue;
    }
    const code = query.get("code");
    // Another provider's answer is no answer to this question (RFC 9207).
    if (query.get("iss") !== issuer) {
      visit.answer(false);
      throw new CommandError(EXIT.denied, "the answer came from another provider");
    }
    visit.answer(code !== null);
    if (code !== null) return code;
    const error = query.get("error") ?? "unknown";
    throw notSignedIn(/^[a-z_]{1,60}$/.test(error) ? error : "unknown");
  }
}

function same(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function secret({ random }: Context): string {
  return Buffer.from(random(32)).toString("base64url");
}
