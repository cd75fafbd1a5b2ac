import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isMet } from "../../src/browser/challenge.ts";
import { StepUpError, stepUpChallenge, withStepUp } from "../../src/browser/index.ts";

const HERE = "https://shop.test";
const CHALLENGE =
  'Bearer realm="postern", error="insufficient_user_authentication", error_description="a \\"higher\\" level, please", acr_values="aal2 aal3", max_age="300"';

const refused = (challenge: string = CHALLENGE): Response =>
  new Response(null, { status: 401, headers: { "www-authenticate": challenge } });

describe("a challenge", () => {
  it("is read as RFC 9470 writes it, whichever challenges stand around it", () => {
    const wanted = { acrValues: ["aal2", "aal3"], maxAge: 300 };
    expect(stepUpChallenge(refused())).toEqual(wanted);
    expect(stepUpChallenge(refused(`Basic realm="x, Bearer error=y", ${CHALLENGE}`))).toEqual(wanted);
    expect(stepUpChallenge(refused(`Negotiate, ${CHALLENGE}, Digest qop="auth"`))).toEqual(wanted);
    expect(stepUpChallenge(refused("DPoP error=insufficient_user_authentication, max_age=0"))).toEqual({
      acrValues: [],
      maxAge: 0,
    });
  });

  it("is none where it asks for something else, stands at another status, or cannot be read", () => {
    for (const text of [
      'Bearer realm="postern"',
      'Bearer error="invalid_token"',
      'Basic error="insufficient_user_authentication"',
      'Bearer error="insufficient_user_authentication", max_age="soon"',
      'Bearer error="insufficient_user_authentication", max_age="-1"',
      'Bearer error="insufficient_user_authentication", error="again"',
      'Bearer error="insufficient_user_authentication',
      `Bearer error="insufficient_user_authentication", x="${"y".repeat(5_000)}"`,
    ]) {
      expect(stepUpChallenge(refused(text)), text).toBeNull();
    }
    const headers = { "www-authenticate": CHALLENGE };
    expect(stepUpChallenge(new Response(null, { status: 403, headers }))).toBeNull();
  });

  it("is met by a live session that reaches one of the levels, recently enough by the gate's own clock", () => {
    const challenge = { acrValues: ["aal2"], maxAge: 300 };
    const session = {
      state: "live",
      acr: "aal3",
      now: "2026-01-01T00:05:00Z",
      authTime: "2026-01-01T00:00:00Z",
    };
    expect(isMet(challenge, session)).toBe(true);
    expect(isMet(challenge, { ...session, state: "revoked" })).toBe(false);
    expect(isMet(challenge, { ...session, acr: "aal1" })).toBe(false);
    expect(isMet(challenge, { ...session, acr: "platinum" })).toBe(false);
    expect(isMet(challenge, { ...session, now: "2026-01-01T00:05:01Z" })).toBe(false);
    expect(isMet(challenge, { ...session, authTime: null })).toBe(false);
    expect(isMet(challenge, null)).toBe(false);
    expect(isMet({ acrValues: ["urn:gold"], maxAge: null }, { ...session, acr: "urn:gold" })).toBe(true);
  });
});

describe("a fetch with step-up", () => {
  let sent: Request[];
  const answering =
    (...answers: readonly Response[]) =>
    async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
      const answer = answers[sent.length];
      sent.push(new Request(input, init));
      if (answer === undefined) throw new Error("expected no further call");
      return answer;
    };

  beforeEach(() => {
    sent = [];
    vi.stubGlobal("location", { origin: HERE });
    vi.stubGlobal("document", { baseURI: `${HERE}/payouts` });
    // The session that the gate describes: the step was taken in another tab meanwhile.
    vi.stubGlobal("fetch", async () =>
      Response.json({
        state: "live",
        acr: "aal2",
        now: "2026-01-01T00:00:01Z",
        authTime: "2026-01-01T00:00:00Z",
      }),
    );
  });
  afterEach(() => vi.unstubAllGlobals());

  const call = { method: "POST", body: "amount=1" };

  it("repeats a call once, with the same body and the same key", async () => {
    const answer = await withStepUp(answering(refused(), new Response("done")))(`${HERE}/payouts`, call);
    expect(await answer.text()).toBe("done");
    expect(await Promise.all(sent.map((one) => one.text()))).toEqual(["amount=1", "amount=1"]);
    const keys = sent.map(({ headers }) => headers.get("idempotency-key"));
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(keys[1]).toBe(keys[0]);
  });

  it("takes a second refusal for the answer", async () => {
    const answer = await withStepUp(answering(refused(), refused()))(`${HERE}/payouts`, call);
    expect(answer.status).toBe(401);
    expect(sent).toHaveLength(2);
  });

  it("keeps a key that the call has, and gives none to what changes nothing", async () => {
    const own = { ...call, headers: { "idempotency-key": "mine" } };
    await withStepUp(answering(refused(), new Response()))(`${HERE}/payouts`, own);
    expect(sent.map(({ headers }) => headers.get("idempotency-key"))).toEqual(["mine", "mine"]);
    sent = [];
    await withStepUp(answering(new Response()))(`${HERE}/payouts`);
    expect(sent[0]?.headers.get("idempotency-key")).toBeNull();
  });

  it("sends no body that could not be sent twice, and says so", async () => {
    const body = new ReadableStream();
    const failed = withStepUp(answering())(`${HERE}/payouts`, { method: "POST", body });
    await expect(failed).rejects.toBeInstanceOf(StepUpError);
    await expect(failed).rejects.toMatchObject({ code: "body_not_repeatable" });
    expect(sent).toEqual([]);
  });

  it("leaves calls to other origins, and other refusals, as they are", async () => {
    expect((await withStepUp(answering(refused()))("https://elsewhere.test/x", call)).status).toBe(401);
    expect(sent[0]?.headers.get("idempotency-key")).toBeNull();
    sent = [];
    expect((await withStepUp(answering(refused("Bearer")))(`${HERE}/payouts`, call)).status).toBe(401);
    expect(sent).toHaveLength(1);
  });

  it("asks nobody for a call that was given up", async () => {
    const given = new AbortController();
    const failed = withStepUp(async (input, init) => {
      sent.push(new Request(input, init));
      given.abort(new Error("no longer wanted"));
      return refused();
    })(`${HERE}/payouts`, { ...call, signal: given.signal });
    await expect(failed).rejects.toThrow("no longer wanted");
    expect(sent).toHaveLength(1);
  });
});
