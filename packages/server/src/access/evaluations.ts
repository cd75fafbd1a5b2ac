import type { Token } from "@postern/core";
import { type Problem, problem } from "@postern/service";
import { hasScope } from "../auth/bearer.ts";
import { logError, problemOfError, sendProblem } from "../http/answer.ts";
import { problemDocument } from "../problem/document.ts";
import { type AccessWiring, acceptQuestion, ask, type RawHandler, sendJson } from "./accept.ts";
import { type Evaluated, evaluated } from "./answer.ts";
import { answerQuestion } from "./evaluation.ts";
import { profilesOf } from "./profiles.ts";
import { isFields, kindOf } from "./question.ts";

type Fields = Readonly<Record<string, unknown>>;

/** When to stop (AuthZEN Authorization API 1.0, section 7.1.2.1). */
const SEMANTICS = ["execute_all", "deny_on_first_deny", "permit_on_first_permit"] as const;
type Semantic = (typeof SEMANTICS)[number];

const MOST_ITEMS = 100;

interface BadItem {
  readonly decision: false;
  readonly context: {
    readonly error: { readonly status: number; readonly code: string; readonly message: string };
  };
}

/** `POST /access/v1/evaluations`. Defaults are whole entities, never merged; a bad item is a `false` of its own. */
export function evaluations(wiring: AccessWiring): RawHandler {
  const one = answerQuestion(wiring);
  return (request, response) =>
    acceptQuestion(request, response, wiring, (body, token) => {
      const read = readBatch(body);
      if ("code" in read) {
        sendProblem(request, response, read, { status: 400 });
        return;
      }
      const { items, semantic } = read;
      // Without items the request is a single evaluation (section 7.1).
      if (items.length === 0) {
        one(request, response, body, token);
        return;
      }
      evaluateAll(items, semantic, token, wiring).then(
        (all) => sendJson(request, response, { evaluations: all }, null),
        (error: unknown) => {
          logError(wiring.log, "POST /access/v1/evaluations", error);
          sendProblem(request, response, problemOfError(error));
        },
      );
    });
}

function readBatch(
  body: Fields,
): { readonly items: readonly unknown[]; readonly semantic: Semantic } | Problem {
  const { evaluations: given = [], options = {} } = body;
  if (!Array.isArray(given)) {
    return problem("request.malformed", `evaluations: expected a list, got ${kindOf(given)}`);
  }
  if (given.length > MOST_ITEMS) {
    return problem("request.malformed", `evaluations: expected at most ${MOST_ITEMS}, got ${given.length}`);
  }
  if (!isFields(options)) {
    return problem("request.malformed", `options: expected an object, got ${kindOf(options)}`);
  }
  const { evaluations_semantic: wanted = "execute_all" } = options;
  const semantic = SEMANTICS.find((known) => known === wanted);
  if (semantic === undefined) {
    return problem("request.malformed", `evaluations_semantic: expected one of ${SEMANTICS.join(", ")}`);
  }
  const defaults = {
    subject: body.subject,
    action: body.action,
    resource: body.resource,
    context: body.context,
  };
  return { semantic, items: given.map((item) => (isFields(item) ? withDefaults(item, defaults) : item)) };
}

/** An entity of the item replaces the default as a whole: fields are never merged. */
function withDefaults(item: Fields, defaults: Fields): Fields {
  return {
    subject: "subject" in item ? item.subject : defaults.subject,
    action: "action" in item ? item.action : defaults.action,
    resource: "resource" in item ? item.resource : defaults.resource,
    context: "context" in item ? item.context : defaults.context,
  };
}

async function evaluateAll(
  items: readonly unknown[],
  semantic: Semantic,
  token: Token,
  wiring: AccessWiring,
): Promise<readonly (Evaluated | BadItem)[]> {
  if (semantic === "execute_all") return Promise.all(items.map((item) => evaluateItem(item, token, wiring)));
  const stopAt = semantic === "permit_on_first_permit";
  const all: (Evaluated | BadItem)[] = [];
  for (const item of items) {
    const result = await evaluateItem(item, token, wiring);
    all.push(result);
    if (result.decision === stopAt) break;
  }
  return all;
}

async function evaluateItem(item: unknown, token: Token, wiring: AccessWiring): Promise<Evaluated | BadItem> {
  if (!isFields(item)) {
    return badItem(problem("request.malformed", `expected an object, got ${kindOf(item)}`), 400);
  }
  const asked = ask(item, token, wiring);
  if (!asked.ok) return badItem(asked.refusal, asked.status);
  const began = wiring.world.monotonic();
  const answer = await wiring.service.decisions.decide(asked.question);
  wiring.metrics.decided(answer.decision, wiring.world.monotonic() - began);
  const profiles = profilesOf(answer, { body: item, question: asked.question }, token, wiring);
  return evaluated(answer, hasScope(token, ["explain"]), profiles);
}

function badItem(of: Problem, status: number): BadItem {
  const document = problemDocument(of, { status });
  return { decision: false, context: { error: { status, code: of.code, message: document.detail } } };
}
