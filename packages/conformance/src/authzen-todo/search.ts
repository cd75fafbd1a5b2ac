import { type Evaluation, readDecisions } from "./material.ts";
import { startTodoServer, type TodoServer } from "./todo-server.ts";

type Kind = "subject" | "resource" | "action";
const KINDS: readonly Kind[] = ["subject", "resource", "action"];

interface Counted {
  readonly right: number;
  readonly of: number;
}

/** What became of the searches that the decisions of the to-do interop imply. */
export interface SearchResult {
  /** Each single decision, looked for in the search for its subject, its resource and its action. */
  readonly found: Readonly<Record<Kind, Counted>>;
  /** Searches whose pages of one lead through the same as one page of all. */
  readonly paged: Counted;
  readonly wrong: readonly string[];
}

interface Request {
  readonly subject: { readonly type: string; readonly id: string };
  readonly action: { readonly name: string };
  readonly resource: { readonly type: string; readonly id: string; readonly properties?: unknown };
}

/**
 * Searches for each part of every single decision: it is found exactly where the interop expects a yes. Rejects where
 * the material is absent.
 */
export async function runAuthzenSearch(conformance: string): Promise<SearchResult> {
  const { evaluation } = await readDecisions(conformance);
  const requests = evaluation.map(requestOf);
  const server = await startTodoServer(
    [...new Set(requests.map(({ request }) => request.subject.id))],
    requests.map(({ request }) => request.resource),
  );
  const wrong: string[] = [];
  const counts = { subject: 0, resource: 0, action: 0 };
  let paged = 0;
  try {
    for (const { request, expected } of requests) {
      for (const kind of KINDS) {
        const question = questionOf(kind, request);
        const found = await walk(server, kind, question, 200);
        const name = kind === "action" ? request.action.name : request[kind].id;
        if (found.includes(name) === expected) counts[kind] += 1;
        else wrong.push(`${kind} search ${JSON.stringify(question)}: expected ${expected} for \`${name}\``);
        const one = await walk(server, kind, question, 1);
        if (one.join("\n") === found.join("\n")) paged += 1;
        else wrong.push(`${kind} search ${JSON.stringify(question)}: pages of one lead elsewhere`);
      }
    }
  } finally {
    await server.stop();
  }
  const of = requests.length;
  return {
    found: {
      subject: { right: counts.subject, of },
      resource: { right: counts.resource, of },
      action: { right: counts.action, of },
    },
    paged: { right: paged, of: of * KINDS.length },
    wrong,
  };
}

function requestOf({ request, expected }: Evaluation): {
  readonly request: Request;
  readonly expected: boolean;
} {
  return { request: request as unknown as Request, expected };
}

function questionOf(kind: Kind, { subject, action, resource }: Request): Readonly<Record<string, unknown>> {
  const { id, ...ofType } = kind === "subject" ? subject : resource;
  switch (kind) {
    case "subject":
      return { subject: ofType, action, resource };
    case "resource":
      return { subject, action, resource: ofType };
    case "action":
      return { subject, resource };
    default:
      return kind satisfies never;
  }
}

/** The names of all results, in order. Throws where the pages do not end. */
async function walk(
  server: TodoServer,
  kind: Kind,
  question: Readonly<Record<string, unknown>>,
  limit: number,
): Promise<readonly string[]> {
  const names: string[] = [];
  let token: string | null = null;
  for (let pages = 0; pages < 1_000; pages++) {
    const page = token === null ? { limit } : { token };
    const answer = (await server.post(`/access/v1/search/${kind}`, { ...question, page })) as {
      readonly results: readonly { readonly id?: string; readonly name?: string }[];
      readonly page: { readonly next_token: string };
    };
    names.push(...answer.results.map(({ id, name }) => id ?? name ?? ""));
    token = answer.page.next_token;
    if (token === "") return names;
  }
  throw new Error("the pages of a search do not end");
}
