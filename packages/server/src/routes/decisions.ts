import type { Caller, DecisionView } from "@postern/service";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { isAllowed } from "../access/answer.ts";
import { isFields, questionOf } from "../access/question.ts";
import { hasScope } from "../auth/bearer.ts";
import { isOperator, levelMissing, stillOperator } from "../auth/operator.ts";
import { boundTo } from "../auth/resource-binding.ts";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import { refused } from "../problem/document.ts";
import type { Wiring } from "../wiring.ts";
import { type DecisionStream, openStream } from "./decision-stream.ts";
import { entityIn, Id, PAGE, pageOf, STRICT } from "./shape.ts";

const TAGS = ["decisions"];
const OUTCOMES = ["permit", "honour", "challenge", "deny"] as const;

/** What was decided and why. Explanations name policy and people: they take a scope of their own. */
export function decisions(app: App, wiring: Wiring, stream: DecisionStream): void {
  const { service } = wiring;
  app.get(
    "/v1/decisions",
    {
      config: { access: ["explain"] },
      schema: {
        summary: "the decision log, newest first",
        tags: TAGS,
        querystring: Type.Object(
          {
            ...PAGE,
            subject: Type.Optional(Type.String({ maxLength: 600 })),
            outcome: Type.Optional(Type.Union(OUTCOMES.map((outcome) => Type.Literal(outcome)))),
          },
          STRICT,
        ),
      },
    },
    async (request) => {
      const { subject, outcome, ...page } = request.query;
      const { items, next } = accepted(
        await service.decisions.list({
          ...pageOf(page),
          ...(subject === undefined ? {} : { subject: entityIn(subject, "subject") }),
          ...(outcome === undefined ? {} : { outcome }),
        }),
      );
      return { items: items.filter((item) => mayTell(request, item)), next };
    },
  );
  app.get(
    "/v1/decisions/stream",
    {
      config: { access: ["explain"] },
      schema: { summary: "decisions of this node as they happen (server-sent events)", tags: TAGS },
    },
    (request, reply) => {
      const opened = openStream(
        stream,
        request.raw,
        reply.raw,
        () => reply.hijack(),
        (decision) => mayTell(request, decision),
        stillReads(callerOf(request), wiring),
      );
      if (!opened) throw refused("busy", "too many streams are open on this node");
    },
  );
  app.get(
    "/v1/decisions/:id",
    {
      config: { access: ["explain"] },
      schema: { summary: "why", tags: TAGS, params: Id },
    },
    async (request, reply) => {
      const why = accepted(await service.decisions.why(request.params.id));
      if (!mayTell(request, why.decision)) throw refused("not_found", "there is no such decision of yours");
      reply.header("decision-id", why.decision.id);
      return why;
    },
  );
  app.post(
    "/v1/decisions/consider",
    {
      config: { access: ["explain"], writes: false },
      schema: {
        summary: "what would be answered; records nothing and spends nothing",
        tags: TAGS,
        body: Type.Object(
          {
            subject: Type.Unknown(),
            action: Type.Unknown(),
            resource: Type.Unknown(),
            context: Type.Optional(Type.Unknown()),
          },
          STRICT,
        ),
      },
    },
    async (request) => {
      const caller = callerOf(request);
      const question = accepted(
        questionOf(
          isFields(request.body) ? request.body : {},
          service.sessions,
          caller.kind === "token" ? caller.token.id : caller.session.id,
        ),
      );
      const { type, id } = question.resource;
      if (caller.kind === "token" && !boundTo(caller.token, type, id)) {
        throw refused("caller.resource", "the token is bound to resources that do not include this one");
      }
      const { decision, explanation } = service.decisions.consider(question);
      return { outcome: decision.outcome, decision: isAllowed(decision), explanation: explanation() };
    },
  );
}

/** Whether an operator's roles and sign-in still let them read decisions; null: it is no operator. */
function stillReads(caller: Caller, { service }: Pick<Wiring, "service">): (() => boolean) | null {
  if (!isOperator(caller)) return null;
  return () => {
    const now = stillOperator(caller, service);
    return now !== null && hasScope(now.token, ["explain"]) && levelMissing(now, false, { service }) === null;
  };
}

/** A token that is bound to resources is told of decisions about those alone. */
function mayTell(request: Pick<FastifyRequest, "caller">, { resource }: DecisionView): boolean {
  const caller = callerOf(request);
  return caller.kind === "session" || boundTo(caller.token, resource.type, resource.id);
}
