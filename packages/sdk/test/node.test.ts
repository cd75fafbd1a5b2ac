import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { createClient, createGuard } from "../src/index.ts";
import { type Protected, protect } from "../src/node.ts";
import { answer, bodyOf, json, listening } from "./listening.ts";

const guarded = async (
  outcome: string,
  ask: Protected<IncomingMessage, string> = {},
): Promise<{ url: string; asked: unknown[] }> => {
  const asked: unknown[] = [];
  const postern = await listening(async (request, response) => {
    asked.push(JSON.parse(await bodyOf(request)));
    json(response, 200, answer(outcome, { acr_values: "aal2" }));
  });
  const guard = createGuard({
    client: createClient({ url: postern }),
    app: "shop",
    subject: (request: IncomingMessage) => ({ id: String(request.headers["x-user"] ?? "ana") }),
    onUnavailable: "enforce",
  });
  const url = await listening(
    protect(guard, ask, async (request, response, decision) => {
      json(response, 200, { via: decision.outcome, body: await bodyOf(request) });
    }),
  );
  return { url, asked };
};

describe("a protected node handler", () => {
  it.each(["permit", "honour"])(
    "runs on %s, with the body untouched and the decision named",
    async (outcome) => {
      const { url } = await guarded(outcome);
      const response = await fetch(`${url}/payouts`, { method: "POST", body: "amount=900" });
      expect(await response.json()).toEqual({ via: outcome, body: "amount=900" });
      expect(response.headers.get("decision-id")).toBe("dec_1");
    },
  );

  it("asks about the raw path and the method unless told otherwise", async () => {
    const { url, asked } = await guarded("permit");
    await fetch(`${url}/reports/monthly?x=1`);
    expect(asked[0]).toMatchObject({
      action: { name: "get" },
      resource: { type: "route", id: "/reports/monthly?x=1" },
    });
  });

  it("asks what it was told to ask", async () => {
    const { url, asked } = await guarded("permit", {
      action: "report.read",
      resource: (request) => ({ type: "report", id: request.url ?? "" }),
      context: { month: 11 },
    });
    await fetch(`${url}/monthly`);
    expect(asked[0]).toMatchObject({
      action: { name: "report.read" },
      resource: { type: "report", id: "/monthly" },
      context: { month: 11 },
    });
  });

  it("does not run on challenge: 401, the challenge and problem details", async () => {
    const { url } = await guarded("challenge");
    const response = await fetch(url);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toContain('acr_values="aal2"');
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("decision-id")).toBe("dec_1");
  });

  it("does not run on challenge when the application answers the challenge itself", async () => {
    const { url } = await guarded("challenge", {
      challenge: (_, response) => {
        response.writeHead(303, { location: "/step-up" }).end();
      },
    });
    const response = await fetch(url, { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([303, "/step-up"]);
  });

  it("does not run when the resource cannot be worked out", async () => {
    const { url } = await guarded("permit", {
      resource: () => {
        throw new Error("no such account");
      },
    });
    expect((await fetch(url)).status).toBe(401);
  });

  it("does not run on deny", async () => {
    const { url } = await guarded("deny");
    expect((await fetch(url)).status).toBe(403);
  });
});
