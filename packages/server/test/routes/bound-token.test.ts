import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestPostern, testPostern } from "../fixture/running.ts";

let postern: TestPostern;

beforeAll(async () => {
  postern = await testPostern();
});
afterAll(() => postern.stop());

describe("a token that is bound to resources", () => {
  it("is told of decisions about those alone", async () => {
    const token = await postern.token(["decide"]);
    const decide = async (id: string): Promise<string> => {
      const body = {
        subject: { type: "user", id: "ana" },
        action: { name: "get" },
        resource: { type: "route", id },
      };
      return (await postern.call("POST", "/access/v1/evaluation", { token, body })).json.context
        .evaluation_id;
    };
    const [mine, other] = [await decide("/public/a"), await decide("/closed/a")];
    const bound = await postern.token(["explain"], { resources: ["route:/public/**"] });
    const listed = await postern.call("GET", "/v1/decisions", { token: bound });
    expect(listed.json.items.map(({ id }: { readonly id: string }) => id)).toEqual([mine]);
    expect((await postern.call("GET", `/v1/decisions/${mine}`, { token: bound })).status).toBe(200);
    expect((await postern.call("GET", `/v1/decisions/${other}`, { token: bound })).status).toBe(404);
  });

  it("states and reads no other entities", async () => {
    const bound = await postern.token(["entities.write"], { resources: ["todo:*"] });
    const body = { attributes: { roles: ["owner"] } };
    const put = (path: string) => postern.call("PUT", `/v1/entities/${path}`, { token: bound, body });
    const refused = await put("user/ada");
    expect([refused.status, refused.json.code]).toEqual([403, "caller.resource"]);
    expect((await postern.call("GET", "/v1/entities/user/ada", { token: bound })).status).toBe(403);
    expect((await postern.call("DELETE", "/v1/entities/user/ada", { token: bound })).status).toBe(403);
    expect((await put("todo/1")).status).toBe(200);
  });
});
