import { type Assurance, type Instant, isAssurance, reaches } from "@postern/core";
import { errors, interactionPolicy, type KoaContextWithOIDC } from "oidc-provider";
import type { Asked, Judgement, ProviderParts } from "./parts.ts";

const { Check, base } = interactionPolicy;

type Given = Readonly<Record<string, unknown>>;

/** Reads the parameters of an authorisation request (OpenID Connect Core sections 3.1.2.1 and 5.5.1.1). */
export function askedOf(params: Given): Asked {
  const essential = essentialAcr(params.claims);
  const named = essential ?? (typeof params.acr_values === "string" ? params.acr_values.split(" ") : []);
  const prompts = typeof params.prompt === "string" ? params.prompt.split(" ") : [];
  const maxAge = params.max_age === undefined ? null : Number(params.max_age);
  return {
    wanted: named.filter(isLevel).reduce<Asked["wanted"]>(least, null),
    essential: essential !== null,
    maxAge: maxAge !== null && Number.isFinite(maxAge) ? maxAge : null,
    anew: prompts.includes("login"),
  };
}

function isLevel(text: string): text is Exclude<Assurance, "none"> {
  return isAssurance(text) && text !== "none";
}

function least(known: Asked["wanted"], one: Exclude<Assurance, "none">): Exclude<Assurance, "none"> {
  return known === null || reaches(known, one) ? one : known;
}

/** The values of an essential `acr` claim; null: none is essential. */
function essentialAcr(claims: unknown): readonly string[] | null {
  const read = typeof claims === "string" ? jsonOf(claims) : claims;
  const acr = ((read as Given | null | undefined)?.id_token as Given | null | undefined)?.acr as
    | Given
    | null
    | undefined;
  if (acr?.essential !== true) return null;
  const values = Array.isArray(acr.values) ? acr.values : acr.value === undefined ? null : [acr.value];
  return values === null ? null : values.filter((one) => typeof one === "string");
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Whether a session that says this is enough without asking. */
function isEnough(
  { wanted, essential, maxAge }: Asked,
  session: { readonly acr: string | undefined; readonly authTime: number | undefined },
  now: Instant,
): boolean {
  if (wanted === null && essential) return false;
  if (wanted !== null && !(isAssurance(session.acr ?? "") && reaches(session.acr as Assurance, wanted)))
    return false;
  return maxAge === null || Math.floor(now / 1000) - (session.authTime ?? 0) <= maxAge;
}

/** What policy asks for on top of the client, as a prompt keeps it. */
type Demanded = {
  readonly policy?: { readonly wanted: Exclude<Assurance, "none">; readonly maxAge: number | null };
};

/** What is asked of the person: what the client wants and what policy demands, the stricter of the two. */
export function stricterOf(asked: Asked, details: unknown): Asked {
  const { policy } = (details ?? {}) as Demanded;
  if (policy === undefined) return asked;
  const { wanted, maxAge } = policy;
  return {
    ...asked,
    wanted: asked.wanted !== null && reaches(asked.wanted, wanted) ? asked.wanted : wanted,
    maxAge: asked.maxAge === null ? maxAge : maxAge === null ? asked.maxAge : Math.min(asked.maxAge, maxAge),
  };
}

/** What an opt-out lowered is not asked for; what the client must have is, and no claim changes. */
function lowered(asked: Asked, judged: Judgement): Asked {
  const { wanted, essential } = asked;
  return judged.kind === "lowered" && !essential && wanted !== null && reaches(judged.upTo, wanted)
    ? { ...asked, wanted: null }
    : asked;
}

/**
 * When the provider asks: for a sign-in, for more of it, for a fresher one. It asks once for what the client wants and
 * once for what policy demands: what cannot be had after that ends in an answer, so that nobody is sent to and fro.
 */
export function promptsOf({ now, judge }: Pick<ProviderParts, "now" | "judge">): interactionPolicy.Prompt[] {
  const prompts = base();
  // Clients are named by an administrator: there is nobody else's consent to ask for.
  prompts.remove("consent");
  const login = prompts.get("login");
  if (login === undefined) throw new TypeError("expected a prompt to sign in");
  for (const reason of ["max_age", "essential_acrs", "essential_acr"]) login.checks.remove(reason);
  const demanded = new WeakMap<KoaContextWithOIDC, Demanded>();
  login.checks.add(
    new Check(
      "not_enough",
      "the sign-in is not enough",
      "login_required",
      async (ctx: KoaContextWithOIDC) => {
        const { session, result, params, client, entities } = ctx.oidc;
        if (session?.accountId === undefined || client === undefined) return false;
        // Whoever signs in anew is judged by that.
        if (ctx.oidc.promptPending("login")) return false;
        const judged = await judge(session.uid, client.clientId, undefined, ctx.req);
        if (judged.kind === "refused") throw new errors.AccessDenied("policy does not allow it");
        const asked = lowered(askedOf(params ?? {}), judged);
        const says = { acr: session.acr, authTime: session.loginTs };
        if (judged.kind === "more") {
          const before = entities.Interaction?.prompt.details as Demanded | undefined;
          if (result?.login !== undefined && before?.policy !== undefined)
            throw new errors.UnmetAuthenticationRequirements("the account cannot reach what policy demands");
          demanded.set(ctx, { policy: { wanted: judged.wanted, maxAge: judged.maxAge } });
          return true;
        }
        if (result?.login === undefined) return !isEnough(asked, says, now());
        // The person has just been asked. What was asked for first was fresh then.
        if (asked.essential && !isEnough({ ...asked, maxAge: null }, says, now()))
          throw new errors.UnmetAuthenticationRequirements(
            "the account cannot reach the level that was asked for",
          );
        return false;
      },
      (ctx: KoaContextWithOIDC) => demanded.get(ctx) ?? {},
    ),
  );
  return prompts;
}
