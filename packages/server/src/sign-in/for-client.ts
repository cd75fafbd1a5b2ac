import { milliseconds } from "@postern/core";
import type { AskedByClient } from "@postern/identity";
import type { SignInService } from "@postern/service";
import { SHORTEST_AGE } from "./asked.ts";
import { carry } from "./carry.ts";

/** What an attempt is for that a client of the OpenID Provider asked for. */
export function aimForClient(
  { asked, origin, id }: AskedByClient,
  stepUp: boolean,
): Pick<Parameters<SignInService["begin"]>[0], "wanted" | "maxAge" | "carry"> & { readonly anew: boolean } {
  const anew = asked.anew || (asked.maxAge !== null && asked.maxAge < SHORTEST_AGE);
  return {
    wanted: asked.wanted ?? "aal1",
    maxAge: asked.maxAge === null || anew ? null : milliseconds(asked.maxAge * 1000),
    anew,
    carry: carry({
      back: { kind: "client", request: id, origin },
      why: !stepUp ? "visit" : anew || asked.maxAge !== null ? "fresh" : "step",
      prompt: {
        prompt: stepUp ? "step-up" : "sign-in",
        control: stepUp ? "step-up" : "authentication",
        reason: stepUp ? "assurance_too_low" : "no_session",
      },
    }),
  };
}
