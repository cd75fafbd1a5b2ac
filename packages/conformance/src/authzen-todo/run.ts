import { type Decisions, readDecisions } from "./material.ts";
import { startTodoServer, type TodoServer } from "./todo-server.ts";

/** What became of the AuthZEN to-do interop. */
export interface AuthzenResult {
  /** Requests with the expected decision: single ones and whole batches. */
  readonly evaluation: { readonly right: number; readonly of: number };
  readonly evaluations: { readonly right: number; readonly of: number };
  /** Each request with another answer: what was asked, expected and got. */
  readonly wrong: readonly string[];
}

/**
 * Replays every request of the interop over HTTP against a running server that holds its fixture as policy and
 * entities. Rejects where the material is absent.
 */
export async function runAuthzenTodo(conformance: string): Promise<AuthzenResult> {
  const decisions = await readDecisions(conformance);
  const server = await startTodoServer(subjectsOf(decisions));
  try {
    return await replay(decisions, server);
  } finally {
    await server.stop();
  }
}

function subjectsOf({ evaluation, evaluations }: Decisions): readonly string[] {
  return [...new Set([...evaluation, ...evaluations].map(({ request }) => request.subject.id))];
}

async function replay(decisions: Decisions, server: TodoServer): Promise<AuthzenResult> {
  const wrong: string[] = [];
  let single = 0;
  for (const { request, expected } of decisions.evaluation) {
    const got = decisionIn(await server.post("/access/v1/evaluation", request));
    if (got === expected) single += 1;
    else wrong.push(`evaluation ${JSON.stringify(request)}: expected ${expected}, got ${String(got)}`);
  }
  let batches = 0;
  for (const { request, expected } of decisions.evaluations) {
    const answer = await server.post("/access/v1/evaluations", request);
    const got = evaluationsIn(answer).map(decisionIn);
    const wanted = expected.map(({ decision }) => decision);
    if (got.length === wanted.length && wanted.every((decision, at) => got[at] === decision)) batches += 1;
    else wrong.push(`evaluations ${JSON.stringify(request)}: expected ${wanted.join()}, got ${got.join()}`);
  }
  return {
    evaluation: { right: single, of: decisions.evaluation.length },
    evaluations: { right: batches, of: decisions.evaluations.length },
    wrong,
  };
}

function decisionIn(answer: unknown): unknown {
  return typeof answer === "object" && answer !== null && "decision" in answer ? answer.decision : undefined;
}

function evaluationsIn(answer: unknown): readonly unknown[] {
  return typeof answer === "object" &&
    answer !== null &&
    "evaluations" in answer &&
    Array.isArray(answer.evaluations)
    ? answer.evaluations
    : [];
}
