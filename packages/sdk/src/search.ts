import type { EntityName } from "@postern/core";
import { type Described, type Evaluation, evaluationBody } from "./evaluation.ts";
import { type Fields, fieldsListIn, isFields, textIn } from "./json.ts";
import { PosternUnavailable } from "./problem.ts";
import type { CallOptions, Transport } from "./transport.ts";

type Asked = Omit<Evaluation, "subject" | "action" | "resource">;
type OfType = Described<{ readonly type: string }>;

/** One result, and the controls that an opt-out would waive for it; none: it is permitted. */
export type Found<Named> = Named & { readonly waived: readonly string[] };

export interface SearchPage<Named> {
  readonly results: readonly Found<Named>[];
  /** The token of the next page; null: this is the last. A page may be empty and not the last. */
  readonly next: string | null;
}

/** What a search finds, fetched page by page as it is walked: `for await (const one of found) …`. */
export interface SearchListing<Named> extends AsyncIterable<Found<Named>> {
  /** One page only. Tokens belong to this very question and limit. */
  page(token?: string): Promise<SearchPage<Named>>;
}

export type SearchOptions = CallOptions & {
  /** Results per page, 1 to 200. Default 50. */
  readonly limit?: number;
};

/**
 * Which subjects, resources or actions would be answered yes (OpenID AuthZEN Authorization API 1.0 sections 8 to 10).
 * Nothing is recorded and no use is spent; what is found is decided again when it is asked for.
 */
export interface Search {
  subjects(
    question: Asked & Pick<Evaluation, "action" | "resource"> & { readonly subject: OfType },
    options?: SearchOptions,
  ): SearchListing<EntityName>;
  resources(
    question: Asked & Pick<Evaluation, "subject" | "action"> & { readonly resource: OfType },
    options?: SearchOptions,
  ): SearchListing<EntityName>;
  actions(
    question: Asked & Pick<Evaluation, "subject" | "resource">,
    options?: SearchOptions,
  ): SearchListing<{ readonly name: string }>;
}

export function search(transport: Transport): Search {
  const entity = (fields: Fields): EntityName => ({
    type: textIn(fields, "type") ?? garbled(),
    id: textIn(fields, "id") ?? garbled(),
  });
  return {
    subjects: ({ subject, ...rest }, options) =>
      searched(transport, "subject", { ...evaluationBody(rest), subject }, entity, options),
    resources: ({ resource, ...rest }, options) =>
      searched(transport, "resource", { ...evaluationBody(rest), resource }, entity, options),
    actions: (question, options) =>
      searched(
        transport,
        "action",
        evaluationBody(question),
        (fields) => ({ name: textIn(fields, "name") ?? garbled() }),
        options,
      ),
  };
}

function searched<Named>(
  transport: Transport,
  kind: string,
  question: Fields,
  name: (fields: Fields) => Named,
  { limit, ...options }: SearchOptions = {},
): SearchListing<Named> {
  const page = async (token?: string): Promise<SearchPage<Named>> => {
    const paged = {
      ...(limit === undefined ? {} : { limit }),
      ...(token === undefined ? {} : { token }),
    };
    const answer = await transport.json({
      ...options,
      method: "POST",
      path: `/access/v1/search/${kind}`,
      body: { ...question, ...(Object.keys(paged).length === 0 ? {} : { page: paged }) },
      keyed: false,
    });
    if (!isFields(answer) || !Array.isArray(answer.results)) return garbled();
    const next = isFields(answer.page) ? textIn(answer.page, "next_token") : null;
    return {
      results: fieldsListIn(answer, "results").map((one) => ({ ...name(one), waived: waivedOf(one) })),
      next: next === "" ? null : next,
    };
  };
  return {
    page,
    async *[Symbol.asyncIterator]() {
      let token: string | undefined;
      do {
        const { results, next } = await page(token);
        yield* results;
        if (next !== null && next === token)
          throw new PosternUnavailable("garbled", "the pages go in a circle");
        token = next ?? undefined;
      } while (token !== undefined);
    },
  };
}

function waivedOf({ properties }: Fields): readonly string[] {
  const own = isFields(properties) && isFields(properties.postern) ? properties.postern : {};
  return Array.isArray(own.waived) ? own.waived.filter((one): one is string => typeof one === "string") : [];
}

function garbled(): never {
  throw new PosternUnavailable("garbled", "expected the results of a search");
}
