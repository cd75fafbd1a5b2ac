import { describe, expect, it } from "vitest";
import { createClient, PosternUnavailable } from "../src/index.ts";
import { bodyOf, json, listening } from "./listening.ts";

const QUESTION = {
  subject: { type: "user", id: "ana" },
  action: { name: "read" },
  resource: { type: "doc" },
  session: "ses_1",
};

describe("a search", () => {
  it("is walked through its pages with the token of each, empty pages too", async () => {
    const seen: string[] = [];
    const pages = [
      { results: [{ type: "doc", id: "1" }], page: { next_token: "a" } },
      { results: [], page: { next_token: "b" } },
      {
        results: [
          { type: "doc", id: "2", properties: { postern: { outcome: "honour", waived: ["step-up"] } } },
        ],
        page: { next_token: "" },
      },
    ];
    const url = await listening(async (request, response) => {
      seen.push(`${request.url} ${JSON.stringify(await bodyOf(request))}`);
      json(response, 200, pages[seen.length - 1]);
    });
    const found = [];
    for await (const one of createClient({ url }).search.resources(QUESTION, { limit: 1 })) found.push(one);
    expect(found).toEqual([
      { type: "doc", id: "1", waived: [] },
      { type: "doc", id: "2", waived: ["step-up"] },
    ]);
    expect(seen[0]).toContain("/access/v1/search/resource");
    expect(seen.map((one) => /token\W+(\w)/.exec(one)?.[1] ?? null)).toEqual([null, "a", "b"]);
  });

  it("for actions and subjects names them", async () => {
    const url = await listening((request, response) => {
      const results = request.url?.endsWith("action") ? [{ name: "read" }] : [{ type: "user", id: "ana" }];
      json(response, 200, { results });
    });
    const { search } = createClient({ url });
    const { subject, resource } = { subject: QUESTION.subject, resource: { type: "doc", id: "1" } };
    const actions = await search.actions({ subject, resource }).page();
    const subjects = await search
      .subjects({ subject: { type: "user" }, action: { name: "read" }, resource })
      .page();
    expect(actions).toEqual({ results: [{ name: "read", waived: [] }], next: null });
    expect(subjects.results).toEqual([{ type: "user", id: "ana", waived: [] }]);
  });

  it.each([{}, { results: "none" }, { results: [{ id: "1" }] }, []])(
    "takes %j for no answer",
    async (answer) => {
      const url = await listening((_, response) => json(response, 200, answer));
      await expect(createClient({ url }).search.resources(QUESTION).page()).rejects.toBeInstanceOf(
        PosternUnavailable,
      );
    },
  );

  it("ends where the pages go in a circle", async () => {
    const url = await listening((_, response) =>
      json(response, 200, { results: [], page: { next_token: "a" } }),
    );
    const walk = async (): Promise<void> => {
      for await (const one of createClient({ url }).search.resources(QUESTION)) expect(one).toBeDefined();
    };
    await expect(walk()).rejects.toThrow("circle");
  });
});
