import type { Answer } from "./answer.ts";
import { type Evaluation, evaluationBody } from "./evaluation.ts";
import { isFields, textIn } from "./json.ts";
import { PosternUnavailable } from "./problem.ts";
import { type CallOptions, path, type Transport, type WriteOptions } from "./transport.ts";

/** Something that was granted. It opens nothing by itself: the question has to be put again. */
export interface Approval {
  readonly id: string;
  readonly approvedAt: string | null;
  readonly approvedUntil: string;
}

/** How a request stands. Whatever is not `approved` is not approved. */
export interface AccessTask {
  readonly id: string;
  readonly status: string;
  /** Where the person sees it, and says yes where their consent is needed. */
  readonly ticket: string | null;
  /** When it lapses, as long as it waits. */
  readonly expiresAt: string | null;
  readonly approval: Approval | null;
}

export interface AccessRequestOptions extends WriteOptions {
  /** For the people who decide. */
  readonly justification?: string;
  /** RFC 3339: no longer than until then. */
  readonly until?: string;
}

/** Asking after a refusal (AuthZEN Access Request and Approval Profile, draft of June 2026). */
export interface AccessRequests {
  /** Asks for what would answer a refusal. Throws `TypeError` where the answer says nothing of it. */
  request(evaluation: Evaluation, refusal: Answer, options?: AccessRequestOptions): Promise<AccessTask>;
  get(task: string, options?: CallOptions): Promise<AccessTask>;
  cancel(task: string, options?: WriteOptions): Promise<AccessTask>;
}

const REQUESTS = "/access/v1/requests";

export function accessRequests(transport: Transport): AccessRequests {
  return {
    async request(evaluation, refusal, { justification, until, ...options } = {}) {
      const { requestable } = refusal;
      if (requestable === null) throw new TypeError("expected a refusal that can be asked about");
      const question = evaluationBody(evaluation);
      const context = isFields(question.context) ? question.context : {};
      return taskOf(
        await transport.json({
          ...options,
          method: "POST",
          path: REQUESTS,
          body: {
            ...question,
            context: {
              ...context,
              ...(justification === undefined ? {} : { business_justification: justification }),
            },
            ...(until === undefined ? {} : { requested_access: { requested_until: until } }),
            denial: {
              ...(refusal.decisionId === null ? {} : { evaluation_id: refusal.decisionId }),
              expires_at: requestable.expiresAt,
              binding_token: requestable.bindingToken,
            },
          },
        }),
      );
    },
    get: async (task, options) =>
      taskOf(await transport.json({ ...options, method: "GET", path: `${REQUESTS}${path(task)}` })),
    cancel: async (task, options) =>
      taskOf(
        await transport.json({
          ...options,
          method: "POST",
          path: `${REQUESTS}${path(task, "cancel")}`,
          body: {},
        }),
      ),
  };
}

function taskOf(answer: unknown): AccessTask {
  const task = isFields(answer) && isFields(answer.task) ? answer.task : {};
  const [id, status] = [textIn(task, "id"), textIn(task, "status")];
  if (id === null || status === null) throw new PosternUnavailable("garbled", "expected a task");
  const links = isFields(task.links) ? task.links : {};
  return {
    id,
    status,
    ticket: textIn(links, "ticket"),
    expiresAt: textIn(task, "expires_at"),
    approval: status === "approved" && isFields(answer) ? approvalOf(answer.result) : null,
  };
}

/** Another mode than re-evaluation is not known here, and approves nothing. */
function approvalOf(result: unknown): Approval | null {
  if (!isFields(result) || result.mode !== "reevaluate" || !isFields(result.approval)) return null;
  const [id, approvedUntil] = [textIn(result.approval, "id"), textIn(result.approval, "approved_until")];
  if (id === null || approvedUntil === null) return null;
  return { id, approvedAt: textIn(result.approval, "approved_at"), approvedUntil };
}
