import { type Assurance, type Instant, isAssurance, reaches } from "@postern/core";
import { errors, interactionPolicy, type KoaContextWithOIDC } from "oidc-provider";
import type { Asked } from "./parts.ts";

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

/**
 * When the provider asks: for a sign-in, for more of it, for a fresher one. It asks once: what cannot be had after that
 * ends in an answer, so that nobody is sent to and fro.
 */
export function promptsOf(now: () => Instant): interactionPolicy.Prompt[] {
  const prompts = base();
  // Clients are named by an administrator: there is nobody else's consent to ask for.
  prompts.remove("consent");
  const login = prompts.get("login");
  if (login === undefined) throw new TypeError("expected a prompt to sign in");
  for (const reason of ["max_age", "essential_acrs", "essential_acr"]) login.checks.remove(reason);
  login.checks.add(
    new Check("not_enough", "the sign-in is not enough", "login_required", ({ oidc }: KoaContextWithOIDC) => {
      const { session, result, params } = oidc;
      if (session?.accountId === undefined) return false;
      const asked = askedOf(params ?? {});
      const says = { acr: session.acr, authTime: session.loginTs };
      if (result?.login === undefined) return !isEnough(asked, says, now());
      // The person has just been asked. What was asked for first was fresh then.
      if (asked.essential && !isEnough({ ...asked, maxAge: null }, says, now()))
        throw new errors.UnmetAuthenticationRequirements(
          "the account cannot reach the level that was asked for",
        );
      return false;
    }),
  );
  return prompts;
}
