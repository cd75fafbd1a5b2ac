import type { IncomingMessage, ServerResponse } from "node:http";
import { type Decision, type EntityName, formatInstant, isEntityName, type Token } from "@postern/core";
import { type Found, problem, type SearchPage, type SearchResult } from "@postern/service";
import { acceptQuestion, type RawHandler, sendJson } from "../access/accept.ts";
import { boundTo } from "../auth/resource-binding.ts";
import { logError, problemOfError, sendProblem } from "../http/answer.ts";
import type { Wiring } from "../wiring.ts";
import type { PageOwner } from "./page-token.ts";
import { readSearch, type SearchKind, type SearchRequest, USUAL_RESULTS } from "./read.ts";

type SearchWiring = Pick<Wiring, "service" | "log" | "world" | "metrics" | "pages">;

const MALFORMED = 400;

/** `POST /access/v1/search/{subject,resource,action}` (AuthZEN Authorization API 1.0, sections 8 to 10). */
export function search(kind: SearchKind, wiring: SearchWiring): RawHandler {
  const { service, pages } = wiring;

  async function answer(
    body: Readonly<Record<string, unknown>>,
    token: Token,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const read = readSearch(kind, body, service.sessions, token.id);
    if (!read.ok) return sendProblem(request, response, read.refusal, { status: MALFORMED });
    const asked = read.value;
    const { resource } = asked.question;
    if (kind !== "resource" && !boundTo(token, resource.type, resource.id)) {
      const refusal = problem(
        "caller.resource",
        "the token is bound to resources that do not include this one",
      );
      return sendProblem(request, response, refusal);
    }
    const owner: PageOwner = { kind, question: asked.bound, token: token.id };
    const before = asked.token === null ? null : pages.open(asked.token, owner);
    if (asked.token !== null && (before === null || (asked.limit ?? before.limit) !== before.limit)) {
      const refusal = problem(
        "search.page",
        "expected the `next_token` of the page before, with the same question and limit, within 15 minutes",
        [{ pointer: "#/page/token", detail: "not one of this search" }],
      );
      return sendProblem(request, response, refusal);
    }
    const limit = before?.limit ?? asked.limit ?? USUAL_RESULTS;
    const page: SearchPage = {
      after: before?.after ?? null,
      limit,
      mayTell: ({ type, id }) => boundTo(token, type, id),
      gone: () => response.destroyed,
    };
    const found = await find(asked, token, page);
    if (!found.ok) return sendProblem(request, response, found.refusal);
    const { results, next, at } = found.value;
    const nextToken = next === null ? "" : pages.seal({ after: next, limit }, owner);
    sendJson(
      request,
      response,
      {
        results,
        page: { next_token: nextToken, count: results.length },
        context: { evaluated_at: formatInstant(at) },
      },
      null,
    );
  }

  async function find(asked: SearchRequest, token: Token, page: SearchPage) {
    const { type, question } = asked;
    if (type === null) return told(await service.search.actions(question, page), (name) => ({ name }));
    // A name that no entity of ours can have, or that this token may not be told of, is that of nothing.
    const none =
      !isEntityName({ type, id: "any" }) ||
      (kind === "subject" && token.subjectTypes.length > 0 && !token.subjectTypes.includes(type));
    const searched = none ? "" : type;
    return told(
      kind === "subject"
        ? await service.search.subjects(question, searched, page)
        : await service.search.resources(question, searched, page),
      (name: EntityName) => ({ type: name.type, id: name.id }),
    );
  }

  return (request, response) =>
    acceptQuestion(request, response, wiring, (body, token) => {
      answer(body, token, request, response).catch((error: unknown) => {
        logError(wiring.log, `POST /access/v1/search/${kind}`, error);
        sendProblem(request, response, problemOfError(error));
      });
    });
}

type Searched<Item> =
  | { readonly ok: true; readonly value: SearchResult<Item> }
  | { readonly ok: false; readonly refusal: ReturnType<typeof problem> };

function told<Item>(searched: Searched<Item>, name: (item: Item) => Readonly<Record<string, string>>) {
  if (!searched.ok) return searched;
  const { found, next, at } = searched.value;
  const results = found.map(({ item, decision }: Found<Item>) => ({ ...name(item), ...honourOf(decision) }));
  return { ok: true, value: { results, next, at } } as const;
}

/** A result that rests on an opt-out says so: it would be honoured, and nothing was recorded or spent. */
function honourOf({ outcome, waived }: Decision) {
  if (outcome !== "honour") return {};
  const controls = [...new Set(waived.map(({ requirement }) => requirement.control))];
  return { properties: { postern: { outcome, waived: controls } } };
}
