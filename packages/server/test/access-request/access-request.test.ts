import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Flow, optOutOf, REQUESTS, startFlow } from "./flow.ts";

let flow: Flow;
beforeAll(async () => {
  flow = await startFlow();
});
afterAll(() => flow.postern.stop());

const PROFILE = "urn:openid:authzen:access-request:error:";

describe("a refusal that an offer could answer", () => {
  it("says that it can be asked about, until when, and with what", async () => {
    const { json } = await flow.evaluate(flow.question());
    expect(json.decision).toBe(false);
    expect(json.context).toMatchObject({ outcome: "challenge", reason: "approval_required" });
    const { access_request: asked } = json.context;
    expect(asked).toMatchObject({
      endpoint: `${flow.postern.url}${REQUESTS}`,
      template: "reports-without-code",
      display: { title: { en: "Open reports without a code" } },
    });
    const left = Date.parse(asked.expires_at) - Date.parse(json.context.evaluated_at);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(600_000);
    expect(asked.binding_token.split(".")).toHaveLength(3);
  });

  it("says so for each item of a batch by itself", async () => {
    const { json } = await flow.postern.call("POST", "/access/v1/evaluations", {
      token: flow.client,
      body: {
        ...flow.question(),
        evaluations: [{}, { resource: { type: "payout", id: "1" } }],
      },
    });
    const requestable = json.evaluations.map((one: { context: object }) => "access_request" in one.context);
    expect(requestable).toEqual([true, false]);
  });

  it("says nothing of it to a token that may not ask", async () => {
    const { json } = await flow.evaluate(flow.question(), await flow.token(["decide"]));
    expect([json.context.outcome, json.context.access_request, json.context.reason]).toEqual([
      "challenge",
      undefined,
      undefined,
    ]);
  });

  it.each([
    ["a sensitive resource", { resource: { type: "route", id: "/reports/payouts/1" } }],
    ["what the offer does not reach", { resource: { type: "route", id: "/reports/x" } }],
    ["another action", { action: { name: "post" } }],
    ["what nobody is permitted", { resource: { type: "vault", id: "q/1" } }],
    ["a resource whose id is a wildcard", { resource: { type: "report", id: "q/*" } }],
    ["a resource whose id means a subtree", { resource: { type: "report", id: "q/**" } }],
    ["a path without a single meaning", { resource: { type: "route", id: "/reports/q/../payouts" } }],
    ["nothing that is governed", { resource: { type: "planet", id: "q/1" } }],
    ["a visitor", { subject: { type: "anonymous", id: "x" } }],
    ["someone whom we do not hold", { subject: { type: "user", id: "nobody" } }],
    ["someone to whom it is not offered", { subject: { type: "user", id: "bob" } }],
    ["a subject in another's session", { subject: { type: "user", id: "olga" } }],
    ["a subject without a session", { context: {} }],
  ])("is not that of %s", async (_what, more) => {
    const { json } = await flow.evaluate(flow.question(more));
    expect([json.decision, json.context.access_request]).toEqual([false, undefined]);
  });

  it("is not that of someone who acts for the subject", async () => {
    const context = { postern: { session: flow.weak, delegated: true } };
    const { json } = await flow.evaluate(flow.question({ context }));
    expect([json.decision, json.context.access_request]).toEqual([false, undefined]);
  });

  it("is not one while a lock stands", async () => {
    const placed = await flow.postern.call("POST", "/v1/locks", {
      token: flow.approver,
      body: { target: { kind: "control", control: "step-up" }, reason: "test" },
    });
    expect((await flow.evaluate(flow.question())).json.context.access_request).toBeUndefined();
    await flow.postern.call("DELETE", `/v1/locks/${placed.json.id}`, { token: flow.postern.admin });
    expect((await flow.evaluate(flow.question())).json.context.access_request).toBeDefined();
  });
});

describe("a request", () => {
  it("waits for consent and approval, is granted by them alone, and then the ordinary evaluation honours", async () => {
    const question = flow.question();
    const denial = await flow.evaluate(question);
    const until = new Date(Date.now() + 3 * 86_400_000).toISOString();
    const made = await flow.submit(
      flow.submission(question, denial, {
        context: { ...(question as { context: object }).context, business_justification: "quarter's end" },
        requested_access: { requested_until: until },
      }),
    );
    expect([made.status, made.headers.get("location")]).toEqual([202, made.json.task.status_endpoint]);
    const optOut = optOutOf(made);
    const endpoint: string = made.json.task.status_endpoint;
    expect(made.json.task).toMatchObject({
      status: "pending",
      progress: { current_step: 1, total_steps: 2, step_name: "consent" },
    });
    expect(made.json.task.links.consent).toMatch(/\/me\/protection\/oo_/);
    expect(made.json.result).toBeUndefined();
    // Asked for, and nothing more: the same question is refused as before.
    expect((await flow.evaluate(question)).json.decision).toBe(false);

    expect((await flow.approve(optOut)).status).toBe(200);
    expect((await flow.task(endpoint)).json.task).toMatchObject({ status: "pending" });
    expect((await flow.evaluate(question)).json.decision).toBe(false);
    await flow.consent(optOut);
    const done = await flow.task(endpoint);
    expect(done.json.task.status).toBe("approved");
    expect(done.json.result.mode).toBe("reevaluate");
    const { approval } = done.json.result;
    expect(Math.abs(Date.parse(approval.approved_until) - Date.parse(until))).toBeLessThan(60_000);

    const context = { ...(question as { context: object }).context, approval };
    const again = await flow.evaluate(flow.question({ context }));
    expect(again.json).toMatchObject({
      decision: true,
      context: {
        outcome: "honour",
        waived: [{ opt_out: optOut }],
        approval: { id: approval.id, approved_until: approval.approved_until },
      },
    });
    // What was approved is no pass for anything else.
    const other = await flow.evaluate(
      flow.question({ context, resource: { type: "route", id: "/reports/payouts/1" } }),
    );
    expect(other.json).toMatchObject({
      decision: false,
      context: { reason: "out_of_scope", next_action: "none" },
    });
    const wider = await flow.evaluate(
      flow.question({ context, resource: { type: "route", id: "/reports/q/4" } }),
    );
    expect(wider.json).toMatchObject({
      decision: false,
      context: { reason: "out_of_scope", next_action: "request" },
    });
    expect(wider.json.context.access_request.binding_token).toBeDefined();

    // Nor after it was taken back.
    await flow.postern.call("POST", `/v1/opt-outs/${optOut}/revoke`, { token: flow.postern.admin, body: {} });
    const revoked = await flow.evaluate(flow.question({ context }));
    expect(revoked.json).toMatchObject({
      decision: false,
      context: { reason: "approval_expired", next_action: "request" },
    });
    expect((await flow.task(endpoint)).json.task.status).toBe("approved");
  });

  it("can be taken back while it waits, and not after", async () => {
    const question = flow.question({ resource: { type: "route", id: "/reports/q/cancel" } });
    const made = await flow.submit(flow.submission(question, await flow.evaluate(question)));
    const { cancel } = made.json.task.links;
    const act = (by = flow.client) =>
      flow.postern.call("POST", new URL(cancel).pathname, { token: by, body: {} });
    expect((await act(await flow.token(["opt-outs.request"]))).json.type).toBe(`${PROFILE}unknown_task`);
    expect((await act()).json.task.status).toBe("cancelled");
    const twice = await act();
    expect([twice.status, twice.json.type]).toEqual([409, `${PROFILE}invalid_task_state`]);
    const { status, result } = (await flow.task(made.json.task.status_endpoint)).json.task;
    expect([status, result]).toEqual(["cancelled", undefined]);
  });

  it("that was denied says no more than that", async () => {
    const question = flow.question({ resource: { type: "route", id: "/reports/q/denied" } });
    const made = await flow.submit(flow.submission(question, await flow.evaluate(question)));
    await flow.postern.call("POST", `/v1/opt-outs/${optOutOf(made)}/deny`, {
      token: flow.approver,
      body: { reason: "not this quarter" },
    });
    const told = await flow.task(made.json.task.status_endpoint);
    expect(told.json.task.status).toBe("denied");
    expect(told.text).not.toMatch(/olga|quarter/);
  });

  it("is made once for one key, and another body with that key is a duplicate", async () => {
    const question = flow.question({ resource: { type: "route", id: "/reports/q/once" } });
    const body = flow.submission(question, await flow.evaluate(question));
    const headers = { "idempotency-key": "key-1" };
    const first = await flow.submit(body, flow.client, headers);
    const again = await flow.submit(body, flow.client, headers);
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(again.json.task.id).toBe(first.json.task.id);
    const other = await flow.submit({ ...body, requested_access: {} }, flow.client, headers);
    expect([other.status, other.json.type]).toEqual([409, `${PROFILE}duplicate_request`]);
  });
});

describe("a binding token", () => {
  it("is no pass anywhere", async () => {
    const question = flow.question({ resource: { type: "route", id: "/reports/q/pass" } });
    const denial = await flow.evaluate(question);
    const { binding_token: binding } = denial.json.context.access_request;
    expect((await flow.evaluate(question, binding)).status).toBe(401);
    expect((await flow.submit(flow.submission(question, denial), binding)).status).toBe(401);
    const context = {
      ...(question as { context: object }).context,
      approval: { id: binding, state: binding, approved_until: "2999-01-01T00:00:00Z" },
    };
    const { json } = await flow.evaluate({ ...question, context });
    expect(json).toMatchObject({
      decision: false,
      context: { reason: "approval_unverifiable", next_action: "none" },
    });
  });

  it("is used once, however it is sent again", async () => {
    const question = flow.question({ resource: { type: "route", id: "/reports/q/replay" } });
    const body = flow.submission(question, await flow.evaluate(question));
    const all = await Promise.all([flow.submit(body), flow.submit(body), flow.submit(body)]);
    expect(all.map(({ status }) => status).sort()).toEqual([202, 409, 409]);
    const late = await flow.submit(body, flow.client, { "idempotency-key": "another" });
    expect([late.status, late.json.code, late.json.type]).toEqual([
      409,
      "access-request.duplicate",
      `${PROFILE}duplicate_request`,
    ]);
  });

  it("binds its caller, question, refusal and time, and cannot be changed", async () => {
    const question = flow.question({ resource: { type: "route", id: "/reports/q/bound" } });
    const denial = await flow.evaluate(question);
    const good = flow.submission(question, denial) as { denial: Record<string, string> };
    const token = good.denial.binding_token ?? "";
    const [head = "", payload = "", mac = ""] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    const rewritten = Buffer.from(JSON.stringify({ ...claims, resource: "route:/reports/**" })).toString(
      "base64url",
    );
    const unsigned = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    const changed = (denial: object): object => ({ ...good, denial: { ...good.denial, ...denial } });
    const tries: [string, object, string?][] = [
      ["another caller", good, await flow.token(["decide", "opt-outs.request"])],
      ["another resource", { ...good, resource: { type: "route", id: "/reports/q/other" } }],
      ["another action", { ...good, action: { name: "read" } }],
      ["another subject", { ...good, subject: { type: "user", id: "olga" } }],
      ["more properties", { ...good, subject: { type: "user", id: "ana", properties: { role: "owner" } } }],
      ["another session", { ...good, context: { amount: 7 } }],
      [
        "a changed context",
        flow.submission(
          flow.question({
            resource: { type: "route", id: "/reports/q/bound" },
            context: { postern: { session: flow.weak }, amount: 8 },
          }),
          denial,
        ),
      ],
      ["a later end", changed({ expires_at: "2999-01-01T00:00:00.000Z" })],
      ["another evaluation", changed({ evaluation_id: "dec_0" })],
      ["another offer", changed({ template: "other" })],
      ["rewritten claims", changed({ binding_token: `${head}.${rewritten}.${mac}` })],
      ["no algorithm", changed({ binding_token: `${unsigned}.${payload}.` })],
      ["no signature", changed({ binding_token: `${head}.${payload}.` })],
      ["a longer form", changed({ binding_token: `${token}.x` })],
      ["nonsense", changed({ binding_token: "x" })],
    ];
    for (const [what, body, by] of tries) {
      const answer = await flow.submit(body, by);
      expect([what, answer.status, answer.json.type]).toEqual([
        what,
        400,
        `${PROFILE}invalid_denial_binding`,
      ]);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
    }
    // The honest twin.
    expect((await flow.submit(good)).status).toBe(202);
  });

  it("is asked for: a refusal by name alone, or without any, is not enough", async () => {
    const question = flow.question();
    const denial = await flow.evaluate(question);
    const { evaluation_id, evaluated_at } = denial.json.context;
    const byName = await flow.submit({ ...question, denial: { evaluation_id, evaluated_at } });
    expect([byName.status, byName.json.type]).toEqual([400, `${PROFILE}invalid_denial_binding`]);
    const none = await flow.submit(question);
    expect([none.status, none.json.type]).toEqual([400, `${PROFILE}not_requestable`]);
  });

  it("does not outlive a change of policy", async () => {
    const other = await startFlow();
    try {
      const question = other.question();
      const body = other.submission(question, await other.evaluate(question));
      const { POLICY } = await import("../fixture/policy.ts");
      const files = Object.entries(POLICY).map(([path, text]) => ({ path, text }));
      const call = (path: string, sent: object) =>
        other.postern.call("POST", path, { token: other.postern.admin, body: sent });
      const published = await call("/v1/policy/revisions", { files });
      expect((await call(`/v1/policy/revisions/${published.json.id}/activate`, {})).status).toBe(200);
      const answer = await other.submit(body);
      expect([answer.status, answer.json.type]).toEqual([400, `${PROFILE}not_requestable`]);
    } finally {
      await other.postern.stop();
    }
  });
});

describe("a handle", () => {
  it("is no use to another caller, nor as another thing, nor changed", async () => {
    const question = flow.question({ resource: { type: "route", id: "/reports/q/handle" } });
    const made = await flow.submit(flow.submission(question, await flow.evaluate(question)));
    const endpoint: string = made.json.task.status_endpoint;
    const stranger = await flow.token(["decide", "opt-outs.request"]);
    const path = new URL(endpoint).pathname;
    const at = path.length - 9;
    const flipped = `${path.slice(0, at)}${path[at] === "A" ? "B" : "A"}${path.slice(at + 1)}`;
    for (const [address, by] of [
      [path, stranger],
      [flipped, flow.client],
      [path.replace("arq_", "apr_"), flow.client],
      [`${REQUESTS}/${optOutOf(made)}`, flow.client],
      [`${REQUESTS}/arq_`, flow.client],
    ] as const) {
      const answer = await flow.postern.call("GET", address, { token: by });
      expect([answer.status, answer.json.type]).toEqual([404, `${PROFILE}unknown_task`]);
    }
    expect((await flow.task(endpoint, flow.approver)).status).toBe(200);
    const approval = {
      id: made.json.task.id.replace("arq_", "apr_"),
      approved_until: "2999-01-01T00:00:00Z",
    };
    const context = { ...(question as { context: object }).context, approval };
    const { json } = await flow.evaluate({ ...question, context });
    expect(json).toMatchObject({ decision: false, context: { reason: "approval_unverifiable" } });
  });

  it("of an approval says nothing to another caller", async () => {
    const question = flow.question({ resource: { type: "route", id: "/reports/q/theirs" } });
    const made = await flow.submit(flow.submission(question, await flow.evaluate(question)));
    await flow.approve(optOutOf(made));
    await flow.consent(optOutOf(made));
    const { approval } = (await flow.task(made.json.task.status_endpoint)).json.result;
    const context = { ...(question as { context: object }).context, approval };
    const stranger = await flow.token(["decide", "opt-outs.request"]);
    const { json } = await flow.evaluate({ ...question, context }, stranger);
    // Ana's opt-out is honoured wherever she is; the approval adds nothing to it.
    expect([json.decision, json.context.approval]).toEqual([true, undefined]);
    const elsewhere = { ...question, context, resource: { type: "route", id: "/reports/q/elsewhere" } };
    const other = await flow.evaluate(elsewhere, stranger);
    expect(other.json.context.reason).toBe("approval_unverifiable");
  });
});
