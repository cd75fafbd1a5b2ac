import type { Whoami } from "@postern/sdk";
import { nameText } from "../../entity-name.ts";
import { when } from "../../output/time.ts";
import type { Run } from "../../run.ts";

export function showWhoami(run: Run, who: Whoami): void {
  const { person, session, token, acr, roles, scopes, expiresAt } = who;
  run.out.record(who, [
    ["person", person === null ? "none: an application" : nameText(person)],
    ["by", session ?? token ?? ""],
    ["level", acr ?? "an API token has none"],
    ["roles", roles.length === 0 ? "none" : roles.join(", ")],
    ["scopes", scopes.length === 0 ? "none" : scopes.join(", ")],
    ["until", when(expiresAt, run.context.now())],
  ]);
}
