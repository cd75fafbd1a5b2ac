import { describe, expect, it } from "vitest";
import { createClient } from "../src/index.ts";
import { bodyOf, json, listening } from "./listening.ts";

const QUESTION = {
  subject: { type: "user", id: "ana" },
  action: { name: "read" },
  resource: { type: "doc", id: "1" },
  session: "ses_1",
};
const REFUSAL = {
  decision: false,
  context: {
    outcome: "challenge",
    evaluation_id: "dec_1",
    reason: "approval_required",
    unmet: [{ requirement: "step-up", reason: "assurance_too_low" }],
    access_request: {
      template: "reports",
      expires_at: "2031-01-01T00:00:00.000Z",
      binding_token: "a.b.c",
      display: { title: { en: "Without a code" } },
    },
  },
};

describe("a refusal that can be asked about", () => {
  it("is asked about with what it said, unchanged, and the reason beside it", async () => {
    const bodies: unknown[] = [];
    const url = await listening(async (request, response) => {
      if (request.url === "/access/v1/evaluation") return json(response, 200, REFUSAL);
      bodies.push(await bodyOf(request));
      json(response, 202, { task: { id: "arq_1", status: "pending", links: { ticket: "https://p/x" } } });
    });
    const client = createClient({ url });
    const refusal = await client.evaluation(QUESTION);
    expect(refusal.requestable).toEqual({
      offer: "reports",
      expiresAt: "2031-01-01T00:00:00.000Z",
      bindingToken: "a.b.c",
      title: { en: "Without a code" },
    });
    const task = await client.accessRequests.request(QUESTION, refusal, { justification: "audit" });
    expect(task).toEqual({
      id: "arq_1",
      status: "pending",
      ticket: "https://p/x",
      expiresAt: null,
      approval: null,
    });
    const sent = typeof bodies[0] === "string" ? JSON.parse(bodies[0]) : bodies[0];
    expect(sent).toEqual({
      subject: QUESTION.subject,
      action: QUESTION.action,
      resource: QUESTION.resource,
      context: { postern: { session: "ses_1" }, business_justification: "audit" },
      denial: {
        evaluation_id: "dec_1",
        expires_at: "2031-01-01T00:00:00.000Z",
        binding_token: "a.b.c",
      },
    });
  });

  it("is not any refusal", async () => {
    const { access_request, ...context } = REFUSAL.context;
    expect(access_request).toBeDefined();
    const url = await listening((_, response) => json(response, 200, { decision: false, context }));
    const client = createClient({ url });
    const refusal = await client.evaluation(QUESTION);
    expect(refusal.requestable).toBeNull();
    await expect(client.accessRequests.request(QUESTION, refusal)).rejects.toBeInstanceOf(TypeError);
  });
});

describe("a task", () => {
  const taskOf = async (answer: object) => {
    const url = await listening((_, response) => json(response, 200, answer));
    return createClient({ url }).accessRequests.get("arq_1");
  };
  const approval = { id: "apr_1", approved_until: "2031-01-01T00:00:00Z" };

  it("is approved only where it says so in a mode that is known", async () => {
    const approved = await taskOf({
      task: { id: "arq_1", status: "approved" },
      result: { mode: "reevaluate", approval },
    });
    expect(approved.approval).toEqual({
      id: "apr_1",
      approvedAt: null,
      approvedUntil: "2031-01-01T00:00:00Z",
    });
    for (const answer of [
      { task: { id: "arq_1", status: "approved" }, result: { mode: "token", approval } },
      { task: { id: "arq_1", status: "pending" }, result: { mode: "reevaluate", approval } },
      { task: { id: "arq_1", status: "granted" }, result: { mode: "reevaluate", approval } },
    ])
      expect((await taskOf(answer)).approval).toBeNull();
  });

  it("is presented with the question again, and opens nothing by itself", async () => {
    const bodies: string[] = [];
    const url = await listening(async (request, response) => {
      const body = await bodyOf(request);
      bodies.push(typeof body === "string" ? body : JSON.stringify(body));
      json(response, 200, {
        decision: false,
        context: { outcome: "challenge", reason: "approval_expired", next_action: "none" },
      });
    });
    const answer = await createClient({ url }).evaluation({ ...QUESTION, approval: "apr_1" });
    expect(JSON.parse(bodies[0] ?? "").context).toEqual({
      postern: { session: "ses_1" },
      approval: { id: "apr_1" },
    });
    expect([answer.outcome, answer.reason, answer.nextAction]).toEqual([
      "challenge",
      "approval_expired",
      "none",
    ]);
  });
});
