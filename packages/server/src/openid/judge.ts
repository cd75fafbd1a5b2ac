import {
  type Assurance,
  authenticationChallenge,
  type Decision,
  type Session,
  type SessionHandle,
  stricter,
} from "@postern/core";
import type { Judgement } from "@postern/identity";
import type { Question, Service } from "@postern/service";

/** The type of clients among resources, and what a person does at one. */
const CLIENT = "client";
const SIGN_IN = "sign-in";

/**
 * What policy says of a sign-in at a client of the provider: the resource is `client:` and its id, the action
 * `sign-in`. Where no Protection speaks of it, it stays between the client and its person.
 */
export async function judgeSignIn(
  { decisions }: Pick<Service, "decisions">,
  session: Session | null,
  client: string,
  handle?: SessionHandle,
  /** The browser's, where it is the browser that asks. */
  from: Pick<Question, "client" | "network"> = {},
): Promise<Judgement> {
  if (session === null) return { kind: "refused" };
  const question: Question = {
    subject: null,
    action: { name: SIGN_IN },
    resource: { type: CLIENT, id: client },
    session,
    handle: handle ?? null,
    ...from,
    askedBy: "oidc",
  };
  if (isUnspoken(decisions.consider(question).decision)) return { kind: "open" };
  const { decision } = await decisions.decide(question);
  switch (decision.outcome) {
    case "permit":
      return { kind: "open" };
    case "honour":
      return { kind: "lowered", upTo: waivedLevel(decision) };
    case "challenge":
      return more(decision);
    case "deny":
      // It was rolled back between the two questions.
      return isUnspoken(decision) ? { kind: "open" } : { kind: "refused" };
    default:
      return decision.outcome satisfies never;
  }
}

function isUnspoken({ governed, outcome, unmet, wouldBe }: Decision): boolean {
  return (
    !governed &&
    outcome === "deny" &&
    wouldBe === null &&
    unmet.every(({ reason }) => reason === "not_governed")
  );
}

function waivedLevel({ waived }: Decision): Assurance {
  return waived.reduce<Assurance>(
    (level, { requirement }) => ("atLeast" in requirement ? stricter(level, requirement.atLeast) : level),
    "none",
  );
}

/** Only what a sign-in can meet is asked for: access must be asked for elsewhere first. */
function more(decision: Decision): Judgement {
  const met = decision.unmet.every(
    ({ challenge }) => challenge?.kind === "sign-in" || challenge?.kind === "step-up",
  );
  const challenge = authenticationChallenge(decision);
  if (!met || challenge === null) return { kind: "refused" };
  return { kind: "more", wanted: challenge.acrValues ?? "aal1", maxAge: challenge.maxAge };
}
