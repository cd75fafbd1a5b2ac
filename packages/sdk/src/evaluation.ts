import type { EntityName } from "@postern/core";
import { type Answer, answerOf } from "./answer.ts";
import { isFields } from "./json.ts";
import { PosternUnavailable } from "./problem.ts";
import type { CallOptions, Transport } from "./transport.ts";

/** A subject, action or resource with what the caller says of it. Only what policy declares is read. */
export type Described<Named> = Named & { readonly properties?: Readonly<Record<string, unknown>> };

/** One question (OpenID AuthZEN Authorization API 1.0 section 6) with Postern's own members beside it. */
export interface Evaluation {
  /** Omitted: a visitor. */
  readonly subject?: Described<EntityName>;
  readonly action: Described<{ readonly name: string }>;
  readonly resource: Described<EntityName>;
  readonly context?: Readonly<Record<string, unknown>>;
  /** The id (`ses_…`) of the session that the request was made in. */
  readonly session?: string;
  /** Someone else acts for the subject: opt-outs are not inherited. */
  readonly delegated?: boolean;
  /** The person is there, and this is no poll: the inactivity timeout of their session begins anew. */
  readonly active?: boolean;
  /** The client's address, for budgets of visitors. */
  readonly network?: string;
  /** Where the person's request came from, past your own proxies: for risk. Never what the request says of itself. */
  readonly from?: { readonly address: string; readonly agent?: string | null };
  /** In place of subject and session: what the request brought that may be an access token of Postern's. */
  readonly accessToken?: Credentials;
  /** The id of an approval that a request came to. It opens nothing; a refusal says why it does not help. */
  readonly approval?: string;
}

/** What of a request may name its session by an access token, as it came (RFC 6750, RFC 9449). */
export interface Credentials {
  /** The resource server that the application is (RFC 8707): tokens for it, and for no other, are taken. */
  readonly resource: string;
  readonly authorization: string;
  readonly dpop?: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
}

/** What to do at the first answer of one kind (section 7.1.2.1). */
export type EvaluationsSemantic = "execute_all" | "deny_on_first_deny" | "permit_on_first_permit";

/** How a question names someone whom nobody has named. */
const VISITOR: EntityName = { type: "anonymous", id: "visitor" };

/** The body that asks it. */
export function evaluationBody(
  evaluation: Omit<Evaluation, "action" | "resource">,
): Readonly<Record<string, unknown>> {
  const {
    session,
    delegated,
    active,
    network,
    from,
    approval,
    accessToken,
    context,
    subject = VISITOR,
    ...rest
  } = evaluation;
  const question = { subject, ...rest };
  const own = {
    ...(session === undefined ? {} : { session }),
    ...(delegated === undefined ? {} : { delegated }),
    ...(active === undefined ? {} : { active }),
    ...(network === undefined ? {} : { network }),
    ...(from === undefined ? {} : { from }),
    ...(accessToken === undefined ? {} : { access_token: accessToken }),
  };
  const given =
    Object.keys(own).length === 0 && approval === undefined
      ? context
      : {
          ...context,
          ...(Object.keys(own).length === 0 ? {} : { postern: own }),
          ...(approval === undefined ? {} : { approval: { id: approval } }),
        };
  return { ...question, ...(given === undefined ? {} : { context: given }) };
}

export type Evaluate = (evaluation: Evaluation, options?: CallOptions) => Promise<Answer>;
export type EvaluateAll = (
  evaluations: readonly Evaluation[],
  options?: CallOptions & { readonly semantic?: EvaluationsSemantic },
) => Promise<readonly Answer[]>;

/**
 * Asks one question. Sent once: an honoured answer spends a use. Throws `PosternUnavailable` for an answer that
 * contradicts itself.
 */
export function evaluate(transport: Transport): Evaluate {
  return async (evaluation, options) =>
    answerOf(
      await transport.json({
        ...options,
        method: "POST",
        path: "/access/v1/evaluation",
        body: evaluationBody(evaluation),
        keyed: false,
      }),
    );
}

/** Asks at most 100 questions at once, in order; a short-circuit semantic cuts the answers after its trigger. */
export function evaluateAll(transport: Transport): EvaluateAll {
  return async (evaluations, { semantic = "execute_all", ...options } = {}) => {
    if (evaluations.length === 0) return [];
    const answer = await transport.json({
      ...options,
      method: "POST",
      path: "/access/v1/evaluations",
      body: {
        evaluations: evaluations.map(evaluationBody),
        options: { evaluations_semantic: semantic },
      },
      keyed: false,
    });
    const list = isFields(answer) ? answer.evaluations : undefined;
    if (!Array.isArray(list) || list.length > evaluations.length || list.length === 0) {
      throw new PosternUnavailable("garbled", "expected an answer for each question");
    }
    if (semantic === "execute_all" && list.length !== evaluations.length) {
      throw new PosternUnavailable("garbled", "expected an answer for each question");
    }
    return list.map(answerOf);
  };
}
