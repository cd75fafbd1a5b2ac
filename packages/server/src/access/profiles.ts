import type { Token } from "@postern/core";
import type { Answer, Question } from "@postern/service";
import { accessRequestContext } from "../access-request/context.ts";
import type { Wiring } from "../wiring.ts";
import { isAllowed, type ProfileContext } from "./answer.ts";
import { obligationsOf } from "./obligations.ts";
import { isFields } from "./question.ts";

/**
 * What the profiles add to an answer: obligations and the access-request members. Null, and nothing looked up, for a
 * yes to a question that presents no approval.
 */
export function profilesOf(
  answer: Answer,
  asked: { readonly body: Readonly<Record<string, unknown>>; readonly question: Question },
  token: Token,
  parts: Pick<Wiring, "service" | "accessTokens" | "places">,
): ProfileContext | null {
  const { context } = asked.body;
  const allowed = isAllowed(answer.decision);
  if (allowed && !(isFields(context) && context.approval !== undefined)) return null;
  const obligations = allowed ? [] : obligationsOf(answer.decision, context);
  return {
    ...(obligations.length === 0 ? {} : { obligations }),
    ...accessRequestContext(answer, asked, token, parts),
  };
}
