import {
  type Assurance,
  type Duration,
  type Instant,
  isAssurance,
  milliseconds,
  reaches,
  type Session,
  standingOf,
} from "@postern/core";
import { ownPath } from "../gateway/own-routes.ts";
import { parkedFormOf } from "../gateway/park-form.ts";
import { HOME } from "../people/exchange.ts";
import { isChallenge } from "../people/link-codes.ts";
import type { ReturnPaths } from "../return-path.ts";
import type { Back, Carried } from "./carry.ts";

/** What a page to sign in was asked for by its address. Nothing of it lowers anything: gates ask again. */
export interface Asked {
  readonly wanted: Assurance;
  readonly maxAge: Duration | null;
  /** Nothing that was done before counts. */
  readonly anew: boolean;
  /** Somebody who is signed in was found wanting: they are asked, whatever we know. */
  readonly stepUp: boolean;
  readonly carried: Carried;
}

/** Reasons that may be a metric's label. */
const REASONS: ReadonlySet<string> = new Set([
  "no_session",
  "session_ended",
  "session_of_another_subject",
  "assurance_too_low",
  "authentication_too_old",
]);

/** Seconds: whoever allows less than this asks for a sign-in that begins now, however many steps it has. */
export const SHORTEST_AGE = 60;
const LONGEST_AGE = 30 * 24 * 3_600;

export function askedOf(query: URLSearchParams, returns: ReturnPaths): Asked {
  const acr = query.get("acr") ?? "aal1";
  const wanted = isAssurance(acr) && acr !== "none" ? acr : "aal1";
  const age = query.get("max_age") ?? "";
  const seconds = /^\d{1,8}$/.test(age) ? Math.min(Number(age), LONGEST_AGE) : null;
  const anew = seconds !== null && seconds < SHORTEST_AGE;
  const maxAge = seconds === null || anew ? null : milliseconds(seconds * 1000);
  const stepUp = query.get("step_up") === "1";
  const reason = query.get("reason") ?? "";
  const back = backOf(query, returns);
  const form = back.kind === "gateway" && parkedFormOf(back.path) !== null;
  const changes = back.kind === "people" && back.path.startsWith("/me/factors");
  return {
    wanted,
    maxAge,
    anew,
    stepUp,
    carried: {
      back,
      why: form
        ? "form"
        : !stepUp
          ? "visit"
          : changes
            ? "change"
            : maxAge === null && !anew
              ? "step"
              : "fresh",
      prompt: {
        prompt: stepUp ? "step-up" : "sign-in",
        control: stepUp ? "step-up" : "authentication",
        reason: REASONS.has(reason) ? reason : "none",
      },
    },
  };
}

/** Only where a path was signed by us, or is one of these pages: anything else leads to the first of them. */
function backOf(query: URLSearchParams, returns: ReturnPaths): Back {
  const challenge = query.get("challenge") ?? "";
  const path = returns.check(query.get("return") ?? "", query.get("return_mac") ?? "");
  if (path !== null && isChallenge(challenge)) return { kind: "gateway", path, challenge };
  const own = ownPath(query.get("to") ?? HOME);
  return { kind: "people", path: own?.startsWith("/me") === true ? own : HOME };
}

/** Whether a session says all that is asked for already, by control-plane time: a machine's own clock may be behind it. */
export function says(
  session: Session,
  { wanted, maxAge }: Pick<Asked, "wanted" | "maxAge">,
  at: Instant,
): boolean {
  const { acr, authTime } = standingOf(session, at);
  return reaches(acr, wanted) && (maxAge === null || at - authTime <= maxAge);
}
