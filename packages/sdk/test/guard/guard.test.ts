import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createClient,
  createGuard,
  type GuardDecision,
  refusalAnswer,
  refusalResponse,
} from "../../src/index.ts";
import { answer, bodyOf, json, listening } from "../listening.ts";

type Visit = { readonly user: string | null };
const ana: Visit = { user: "ana" };

const guarding = (url: string, onUnavailable: "enforce" | "deny" = "enforce", report = (_: unknown) => {}) =>
  createGuard({
    client: createClient({ url, timeout: 300, retries: 0 }),
    app: "billing",
    subject: ({ user }: Visit) => (user === null ? null : { id: user, session: "ses_1" }),
    onUnavailable,
    report,
  });

const ask = { action: "payout.create", resource: { type: "account", id: "7" } };

const closed = async (decide: Promise<GuardDecision>): Promise<void> => {
  const decision = await decide;
  expect(["challenge", "deny"]).toContain(decision.outcome);
  expect(decision.stale).toBe(true);
};

describe("a guard", () => {
  it.each([
    ["permit", { outcome: "permit", stale: false, decisionId: "dec_1" }],
    [
      "honour",
      { outcome: "honour", stale: false, waived: [{ control: "step-up", optOut: "oo_1", ends: null }] },
    ],
    ["challenge", { outcome: "challenge", stale: false, known: true, acrValues: "aal2", maxAge: 900 }],
    ["deny", { outcome: "deny", stale: false, message: "Not today." }],
  ])("passes on `%s` as it was decided", async (outcome, expected) => {
    const more = { acr_values: "aal2", max_age: 900, reason_user: { en: "Not today." } };
    const url = await listening((_, response) => json(response, 200, answer(outcome, more)));
    expect(await guarding(url).decide(ana, ask)).toMatchObject(expected);
  });

  it("says who asks: subject, session and what the application knows", async () => {
    let body = "";
    const url = await listening((request, response) => {
      request.on("data", (chunk) => {
        body += String(chunk);
      });
      request.on("end", () => json(response, 200, answer("permit")));
    });
    await guarding(url).decide(ana, { ...ask, context: { amount: 900 } });
    expect(JSON.parse(body)).toEqual({
      subject: { type: "user", id: "ana" },
      action: { name: "payout.create" },
      resource: { type: "account", id: "7" },
      context: { amount: 900, postern: { session: "ses_1" } },
    });
  });

  it("asks for a visitor without naming anyone, and challenges as a sign-in", async () => {
    let asked: unknown;
    const url = await listening(async (request, response) => {
      asked = JSON.parse(await bodyOf(request));
      json(response, 200, answer("challenge"));
    });
    const decision = await guarding(url).decide({ user: null }, ask);
    expect(asked).toMatchObject({ subject: { type: "anonymous", id: "visitor" } });
    expect(decision).toMatchObject({ outcome: "challenge", known: false });
  });

  it("challenges someone whose session has ended as a visitor", async () => {
    const unmet = [{ requirement: "authentication", reason: "session_ended" }];
    const url = await listening((_, response) => json(response, 200, answer("challenge", { unmet })));
    expect(await guarding(url).decide(ana, ask)).toMatchObject({ outcome: "challenge", known: false });
  });

  it("refuses an action that it was not made for", async () => {
    const url = await listening((_, response) => json(response, 200, answer("permit")));
    const guard = createGuard({
      client: createClient({ url }),
      app: "billing",
      actions: ["report.read"],
      subject: () => null,
      onUnavailable: "deny",
    });
    await closed(guard.decide(ana, { action: "report.raed" as "report.read", resource: "/" }));
  });
});

describe("while Postern cannot be asked, a guard never lets through", () => {
  it("when nothing listens", async () => {
    const errors: unknown[] = [];
    await closed(guarding("http://127.0.0.1:9", "enforce", (error) => errors.push(error)).decide(ana, ask));
    expect(errors).toHaveLength(1);
  });

  it("when no answer comes in time", async () => {
    const url = await listening(() => undefined);
    await closed(guarding(url).decide(ana, ask));
  });

  it("when the answer breaks off in the middle", async () => {
    const url = await listening((_, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": 900 });
      response.write('{"decision":true,"context":{"outcome":"permit"}}');
      setTimeout(() => response.destroy(), 20);
    });
    await closed(guarding(url).decide(ana, ask));
  });

  it.each([
    ["an answer of 500", 500, answer("permit")],
    ["an answer of 401, because its own token is wrong", 401, answer("permit")],
    ["an answer of 204", 204, null],
    ["true without an outcome", 200, { decision: true }],
    ["an outcome without a decision", 200, { context: { outcome: "permit" } }],
    ["a decision that contradicts its outcome", 200, { decision: true, context: { outcome: "deny" } }],
    ["an honour that names no opt-out", 200, { decision: true, context: { outcome: "honour" } }],
    ["a decision that is the text `true`", 200, { decision: "true", context: { outcome: "permit" } }],
    ["an outcome of its own making", 200, { decision: true, context: { outcome: "allow" } }],
    ["a list", 200, [answer("permit")]],
  ])("when it gets %s", async (_, status, body) => {
    const url = await listening((_, response) => json(response, status, body));
    await closed(guarding(url).decide(ana, ask));
  });

  it("when the answer is not JSON, though it reads like a permit", async () => {
    const url = await listening((_, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end(JSON.stringify(answer("permit")));
    });
    await closed(guarding(url).decide(ana, ask));
  });

  it("when finding the subject fails, or the logger does", async () => {
    const url = await listening((_, response) => json(response, 200, answer("permit")));
    const fails = (): never => {
      throw new Error("no session store");
    };
    const guard = createGuard({
      client: createClient({ url }),
      app: "a",
      subject: fails,
      onUnavailable: "deny",
      report: fails,
    });
    await closed(guard.decide(ana, ask));
  });

  it("when the asking itself fails", async () => {
    const url = await listening((_, response) => json(response, 200, answer("permit")));
    await closed(
      guarding(url).decide(ana, () => {
        throw new Error("no such account");
      }),
    );
  });

  it("whatever a client answers or throws", async () => {
    const outcomes = fc.constantFrom("permit", "honour", "challenge", "deny", "allow", "", null);
    const body = fc.oneof(
      fc.anything(),
      fc.record({
        decision: fc.oneof(fc.boolean(), fc.anything()),
        context: fc.record({ outcome: outcomes }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(body, fc.constantFrom(200, 201, 203, 400, 500), async (body, status) => {
        const response = new Response(JSON.stringify(body) ?? "", {
          status,
          headers: { "content-type": "application/json" },
        });
        const client = createClient({ url: "http://postern.test", fetch: async () => response });
        const guard = createGuard({ client, app: "a", subject: () => null, onUnavailable: "enforce" });
        const decision = await guard.decide(ana, ask);
        const said =
          typeof body === "object" && body !== null && "decision" in body && body.decision === true;
        if (decision.outcome === "permit" || decision.outcome === "honour") {
          expect(said).toBe(true);
          expect(status).toBeLessThan(300);
          expect(decision.stale).toBe(false);
        } else {
          expect(decision.message).not.toBe("");
        }
      }),
    );
  });

  it("but challenges or denies as it was told to", async () => {
    const nobody = "http://127.0.0.1:9";
    expect(await guarding(nobody, "enforce").decide(ana, ask)).toMatchObject({ outcome: "challenge" });
    expect(await guarding(nobody, "deny").decide(ana, ask)).toMatchObject({ outcome: "deny" });
  });

  it("and cannot be told otherwise", () => {
    const told = { client: createClient({ url: "http://a" }), app: "a", subject: () => null };
    expect(() => createGuard({ ...told, onUnavailable: "allow" as "deny" })).toThrow(/`enforce` or `deny`/);
  });
});

describe("an obligation that the guard cannot perform", () => {
  it.each(["permit", "honour"])("turns a %s into a denial", async (outcome) => {
    const obligations = [{ id: "1", type: "notification", properties: {} }];
    const url = await listening((_, response) => json(response, 200, answer(outcome, { obligations })));
    expect(await guarding(url).decide(ana, ask)).toMatchObject({ outcome: "deny", stale: false });
  });

  it("counts as one when it cannot even be read", async () => {
    const url = await listening((_, response) =>
      json(response, 200, answer("permit", { obligations: "later" })),
    );
    expect(await guarding(url).decide(ana, ask)).toMatchObject({ outcome: "deny" });
  });
});

describe("a refusal", () => {
  const refused = {
    decisionId: "dec_1",
    message: "Confirm it is you.",
    unmet: [],
    stale: false,
    cause: null,
  } as const;

  it("of someone known is a 401 with an RFC 9470 challenge", () => {
    const { status, headers, body } = refusalAnswer({
      ...refused,
      outcome: "challenge",
      known: true,
      acrValues: "aal2",
      maxAge: 900,
    });
    expect(status).toBe(401);
    expect(headers["www-authenticate"]).toContain('error="insufficient_user_authentication"');
    expect(headers["www-authenticate"]).toContain('acr_values="aal2", max_age="900"');
    expect(headers["decision-id"]).toBe("dec_1");
    expect(JSON.parse(body)).toMatchObject({ code: "challenge.step_up", decision: "dec_1" });
  });

  it("of a visitor is a 401 without the error that only fits someone known", () => {
    const { headers } = refusalAnswer({
      ...refused,
      outcome: "challenge",
      known: false,
      acrValues: null,
      maxAge: null,
    });
    expect(headers["www-authenticate"]).toBe('Bearer realm="postern"');
  });

  it("for good is a 403, and a 503 that may be tried again where nobody could be asked", () => {
    expect(refusalAnswer({ ...refused, outcome: "deny" })).toMatchObject({ status: 403 });
    expect(refusalAnswer({ ...refused, outcome: "deny", stale: true })).toMatchObject({
      status: 503,
      headers: { "retry-after": "5" },
    });
  });

  it("lets nothing that came from elsewhere break out of its header", () => {
    const response = refusalResponse({
      ...refused,
      outcome: "challenge",
      known: true,
      acrValues: 'aal2", realm="evil',
      maxAge: -1,
    });
    expect(response.headers.get("www-authenticate")).not.toContain("evil");
    expect(response.headers.get("www-authenticate")).not.toContain("max_age");
  });
});
