import { accept, type Result, refuse } from "@postern/core";
import { type Problem, problem, type Question, type Service } from "@postern/service";
import { isFields, kindOf, questionOf } from "../access/question.ts";

type Fields = Readonly<Record<string, unknown>>;

export type SearchKind = "subject" | "resource" | "action";

export interface SearchRequest {
  /** The searched entity stands in it under a name that counts for nothing. */
  readonly question: Question;
  /** The type that is searched; null for actions. */
  readonly type: string | null;
  /** What a page token is bound to: the question as it came, without its page. */
  readonly bound: unknown;
  readonly token: string | null;
  readonly limit: number | null;
}

/** Stands where the searched entity's id or the action's name would: a given one is ignored, as the standard says. */
const ANY = "any";

/** Page sizes beyond this are answered with pages of this size. */
export const MOST_RESULTS = 200;
export const USUAL_RESULTS = 50;

/** Reads a search (AuthZEN Authorization API 1.0, sections 8 to 10). Unknown members are let be. */
export function readSearch(
  kind: SearchKind,
  body: Fields,
  sessions: Service["sessions"],
  askedBy: string,
): Result<SearchRequest, Problem> {
  const searched = kind === "action" ? null : body[kind];
  let type: string | null = null;
  if (kind !== "action") {
    if (!isFields(searched)) return wrong(kind, `expected an object, got ${kindOf(searched)}`);
    if (typeof searched.type !== "string")
      return wrong(`${kind}/type`, `expected text, got ${kindOf(searched.type)}`);
    ({ type } = searched);
  }
  const { page, ...rest } = body;
  const asked =
    kind === "action"
      ? { ...rest, action: { name: ANY } }
      : { ...rest, [kind]: { ...(isFields(searched) ? searched : {}), type: ANY, id: ANY } };
  const question = questionOf(asked, sessions, askedBy);
  if (!question.ok) return question;
  const paged = readPage(page);
  if (!paged.ok) return paged;
  const { subject, action, resource, context } = asked as Fields;
  return accept({
    question: question.value,
    type,
    bound: { type, subject, action, resource, context: context ?? null },
    ...paged.value,
  });
}

function readPage(
  page: unknown,
): Result<{ readonly token: string | null; readonly limit: number | null }, Problem> {
  if (page === undefined) return accept({ token: null, limit: null });
  if (!isFields(page)) return wrong("page", `expected an object, got ${kindOf(page)}`);
  // Earlier texts of the standard sent the answer's `next_token` back under its own name.
  const { token = page.next_token, limit } = page;
  if (token !== undefined && typeof token !== "string")
    return wrong("page/token", `expected text, got ${kindOf(token)}`);
  if (limit !== undefined && !(typeof limit === "number" && Number.isInteger(limit) && limit >= 1))
    return wrong("page/limit", "expected a whole number from 1 on");
  return accept({
    token: token ?? null,
    limit: limit === undefined ? null : Math.min(limit as number, MOST_RESULTS),
  });
}

function wrong(pointer: string, detail: string): { readonly ok: false; readonly refusal: Problem } {
  return refuse(problem("request.malformed", `${pointer}: ${detail}`, [{ pointer: `#/${pointer}`, detail }]));
}
