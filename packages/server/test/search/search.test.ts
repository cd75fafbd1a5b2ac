import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestPostern, testPostern } from "../fixture/running.ts";
import type { Answered } from "../fixture/send.ts";

const POLICY = {
  "policy.yaml": `kind: Attributes
name: documents
owner: tests
subject:
  role: { type: string, source: entity }
resource:
  kind: { type: string, source: entity }
context:
  hour: { type: int, source: request }
---
kind: Protection
name: reading
owner: tests
mode: enforce
resources: ["doc:**"]
actions: [read, print]
permit: [{ name: readers, when: 'subject.role in ["reader", "writer"]' }]
require: { assurance: none }
---
kind: Protection
name: writing
owner: tests
mode: enforce
resources: ["doc:**"]
actions: [write]
permit: [{ name: writers by day, when: 'subject.role == "writer" && context.hour < 18' }]
require: { assurance: none }
---
kind: Protection
name: signing
owner: tests
mode: enforce
resources: ["contract:**"]
actions: [sign]
permit: [{ name: readers, when: 'subject.role == "reader"' }]
require: { assurance: aal1 }
---
kind: Offer
name: kiosk
owner: tests
mode: enforce
control: authentication
holders: [anonymous]
basis: waiver
scope: { actions: [view], resources: ["shelf:open/**"] }
downTo: none
length: { default: P7D, max: P30D, total: P90D }
uses: 3
approvals: { count: 1, decideWithin: P7D }
budget: { uses: 1000, per: PT1M }
review: { every: P30D }
---
kind: Protection
name: shelves
owner: tests
mode: enforce
resources: ["shelf:**"]
actions: [view]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1 }
`,
};

let postern: TestPostern;
let token: string;
const MANY = 130;

beforeAll(async () => {
  postern = await testPostern({}, POLICY);
  token = await postern.token(["decide"]);
  const writer = await postern.token(["entities.write"]);
  const put = (type: string, id: string, attributes: object): Promise<Answered> =>
    postern.call("PUT", `/v1/entities/${type}/${encodeURIComponent(id)}`, {
      token: writer,
      body: { attributes },
    });
  await Promise.all([
    ...["ana", "ben", "__proto__", "constructor"].map((id) => put("user", id, { role: "reader" })),
    put("user", "wim", { role: "writer" }),
    put("user", "out", { role: "none" }),
    put("doc", "secret/plan", {}),
    put("shelf", "open/a", {}),
    put("shelf", "closed/b", {}),
    ...Array.from({ length: MANY }, (_, at) => put("doc", `open/${at}`, {})),
  ]);
});
afterAll(() => postern.stop());

const search = (kind: string, body: unknown, by = token): Promise<Answered> =>
  postern.call("POST", `/access/v1/search/${kind}`, { token: by, body });
const user = (id: string): object => ({ type: "user", id });
const idsOf = ({ json }: Answered): string[] =>
  json.results.map(({ id, name }: { id?: string; name?: string }) => id ?? name).sort();

/** Follows pages to their end. */
async function all(kind: string, body: object, by = token): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = [];
  let next: string | undefined;
  for (let pages = 1; pages < 1_000; pages++) {
    const page = {
      ...("page" in body ? (body.page as object) : {}),
      ...(next === undefined ? {} : { token: next }),
    };
    const answer = await search(kind, { ...body, page }, by);
    if (answer.status !== 200) throw new Error(answer.text);
    ids.push(...idsOf(answer));
    next = answer.json.page.next_token;
    if (next === "") return { ids: ids.sort(), pages };
  }
  throw new Error("the pages do not end");
}

const WHO = { subject: { type: "user" }, action: { name: "read" }, resource: { type: "doc", id: "open/1" } };
const WHAT = { subject: user("ana"), action: { name: "read" }, resource: { type: "doc" } };
const HOW = { subject: user("wim"), resource: { type: "doc", id: "open/1" } };

describe("a search", () => {
  it("finds the subjects who would be answered yes", async () => {
    const answer = await search("subject", WHO);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/json"]);
    expect(idsOf(answer)).toEqual(["__proto__", "ana", "ben", "constructor", "wim"]);
    expect(answer.json.results.every(({ type }: { type: string }) => type === "user")).toBe(true);
    expect(answer.json.page).toEqual({ next_token: "", count: 5 });
  });

  it("finds the resources, and the actions, that would be answered yes", async () => {
    expect((await all("resource", WHAT)).ids).toHaveLength(MANY + 1);
    expect((await all("resource", { ...WHAT, subject: user("out") })).ids).toEqual([]);
    expect(idsOf(await search("action", { ...HOW, context: { hour: 9 } }))).toEqual([
      "print",
      "read",
      "write",
    ]);
    expect(idsOf(await search("action", { ...HOW, context: { hour: 20 } }))).toEqual(["print", "read"]);
    expect(idsOf(await search("action", { ...HOW, subject: user("ana") }))).toEqual(["print", "read"]);
  });

  it("says for each result what the ordinary evaluation says", async () => {
    const { ids } = await all("resource", WHAT);
    for (const id of ids.slice(0, 10)) {
      const body = { ...WHAT, resource: { type: "doc", id } };
      expect((await postern.call("POST", "/access/v1/evaluation", { token, body })).json.decision).toBe(true);
    }
  });

  it("leaves out what would be challenged", async () => {
    const body = { ...WHO, action: { name: "sign" }, resource: { type: "contract", id: "1" } };
    expect(idsOf(await search("subject", body))).toEqual([]);
  });

  it("ignores the id of what is searched, and an action in a search for actions", async () => {
    expect(idsOf(await search("subject", { ...WHO, subject: user("nobody") }))).toHaveLength(5);
    expect(idsOf(await search("action", { ...HOW, action: { name: 7 } }))).toEqual(["print", "read"]);
  });

  it("finds nothing for names and types that are unknown, without an error", async () => {
    for (const type of ["spaceship", "Document", "__proto__", "", "a".repeat(500), "*"]) {
      const answer = await search("subject", { ...WHO, subject: { type } });
      expect([type, answer.status, answer.json.results]).toEqual([type, 200, []]);
    }
    expect((await search("action", { ...HOW, subject: user("nonexistent") })).json.results).toEqual([]);
    expect((await search("resource", { ...WHAT, subject: user("nonexistent") })).json.results).toEqual([]);
  });

  it.each([
    ["subject", { subject: { type: "user" }, resource: WHO.resource }],
    ["subject", { ...WHO, resource: { type: "doc" } }],
    ["subject", { ...WHO, subject: {} }],
    ["subject", { ...WHO, subject: "user" }],
    ["resource", { action: WHAT.action, resource: WHAT.resource }],
    ["resource", { ...WHAT, subject: { type: "user" } }],
    ["action", { subject: user("ana") }],
    ["action", { ...HOW, page: [] }],
    ["action", { ...HOW, page: { limit: 0 } }],
    ["action", { ...HOW, page: { limit: 1.5 } }],
    ["action", { ...HOW, page: { limit: "10" } }],
    ["action", { ...HOW, page: { token: 7 } }],
    ["action", { ...HOW, context: { postern: { delegatd: true } } }],
    ["action", [HOW]],
  ])("for a %s answers 400 to %j", async (kind, body) => {
    const answer = await search(kind, body);
    expect([answer.status, answer.json.code]).toEqual([400, "request.malformed"]);
  });

  it("takes POST alone", async () => {
    const answer = await postern.call("GET", "/access/v1/search/subject", { token });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
  });

  it("records no decision", async () => {
    await search("subject", WHO);
    const { json } = await postern.call("GET", "/v1/decisions?subject=user:ben", { token: postern.admin });
    expect(json.items).toEqual([]);
  });

  it("follows what is put and removed", async () => {
    await postern.call("PUT", "/v1/entities/user/zoe", {
      token: postern.admin,
      body: { attributes: { role: "reader" } },
    });
    expect(idsOf(await search("subject", WHO))).toContain("zoe");
    await postern.call("DELETE", "/v1/entities/user/zoe", { token: postern.admin });
    expect(idsOf(await search("subject", WHO))).not.toContain("zoe");
  });
});

describe("a page", () => {
  it("of any size leads through the same results, each once", async () => {
    const whole = (await all("resource", WHAT)).ids;
    for (const limit of [7, 50, 131]) {
      const paged = await all("resource", { ...WHAT, page: { limit } });
      expect(paged.ids).toEqual(whole);
      expect(new Set(paged.ids).size).toBe(whole.length);
      expect(paged.pages).toBeGreaterThanOrEqual(Math.ceil(whole.length / limit));
    }
    expect((await all("action", { ...HOW, page: { limit: 1 } })).ids).toEqual(["print", "read"]);
  });

  it("that is asked to be huge is one of 200 at most", async () => {
    const answer = await search("resource", { ...WHAT, page: { limit: Number.MAX_SAFE_INTEGER } });
    expect([answer.status, answer.json.results.length]).toEqual([200, MANY + 1]);
    expect((await search("resource", { ...WHAT, page: { limit: 1e300 } })).status).toBe(200);
  });

  it("takes its limit from the token, and no other limit", async () => {
    const first = await search("resource", { ...WHAT, page: { limit: 5 } });
    const next = first.json.page.next_token;
    expect((await search("resource", { ...WHAT, page: { token: next } })).json.results).toHaveLength(5);
    expect((await search("resource", { ...WHAT, page: { next_token: next } })).json.results).toHaveLength(5);
    const other = await search("resource", { ...WHAT, page: { token: next, limit: 6 } });
    expect([other.status, other.json.code]).toEqual([400, "search.page"]);
  });

  it("is not given for a changed question, to another caller, or for a changed token", async () => {
    const first = await search("resource", { ...WHAT, page: { limit: 5 } });
    const next: string = first.json.page.next_token;
    const page = { token: next };
    const flipped = `${next.slice(0, 30)}${next[30] === "A" ? "B" : "A"}${next.slice(31)}`;
    const tries: [string, object, string?][] = [
      ["resource", { ...WHAT, subject: user("ben"), page }],
      ["resource", { ...WHAT, action: { name: "print" }, page }],
      ["resource", { ...WHAT, resource: { type: "shelf" }, page }],
      ["resource", { ...WHAT, context: { hour: 3 }, page }],
      ["subject", { ...WHO, page }],
      ["action", { ...HOW, page }],
      ["resource", { ...WHAT, page }, await postern.token(["decide"])],
      ["resource", { ...WHAT, page: { token: flipped } }],
      ["resource", { ...WHAT, page: { token: `${next}=` } }],
      ["resource", { ...WHAT, page: { token: "" } }],
      ["resource", { ...WHAT, page: { token: "x".repeat(60_000) } }],
    ];
    for (const [kind, body, by] of tries) {
      const answer = await search(kind, body, by);
      expect([answer.status, answer.json.code]).toEqual([400, "search.page"]);
    }
    expect((await search("resource", { ...WHAT, page })).status).toBe(200);
  });

  it("is given for questions of any text", async () => {
    const odd = { ...WHAT, context: { note: "\u0000é\u{1f510}", deep: [[{ "": null }]] } };
    expect((await all("resource", { ...odd, page: { limit: 50 } })).ids).toHaveLength(MANY + 1);
  });

  it("says nothing of where it ended", async () => {
    const { json } = await search("resource", { ...WHAT, page: { limit: 5 } });
    const plain = Buffer.from(json.page.next_token, "base64url").toString("latin1");
    expect(plain).not.toMatch(/ent_|open/);
  });
});

describe("a token that is bound to resources", () => {
  it("learns of no resource outside its binding", async () => {
    const bound = await postern.token(["decide"], { resources: ["doc:open/1/**", "doc:secret/**"] });
    expect((await all("resource", WHAT, bound)).ids).toEqual(["open/1", "secret/plan"]);
    expect((await all("resource", { ...WHAT, resource: { type: "shelf" } }, bound)).ids).toEqual([]);
    const elsewhere = { ...WHO, resource: { type: "doc", id: "open/2" } };
    for (const [kind, body] of [
      ["subject", elsewhere],
      ["action", { ...HOW, resource: elsewhere.resource }],
    ] as const) {
      const answer = await search(kind, body, bound);
      expect([answer.status, answer.json.code]).toEqual([403, "caller.resource"]);
    }
  });

  it("to kinds of subjects learns of no other kind", async () => {
    const bound = await postern.token(["decide", "sessions.register"], { subjectTypes: ["customer"] });
    expect((await search("subject", WHO, bound)).json.results).toEqual([]);
  });
});

describe("a result that rests on an opt-out", () => {
  it("says that it would be honoured, and spends nothing", async () => {
    const owner = await postern.token(["opt-outs.request"], { person: { type: "user", id: "ben" } });
    const approver = await postern.token(["opt-outs.approve", "opt-outs.read"], {
      person: { type: "user", id: "ana" },
    });
    const asked = await postern.call("POST", "/v1/opt-outs", {
      token: owner,
      body: { offer: "kiosk", holder: { kind: "anonymous" }, reason: "for guests", length: "P7D" },
    });
    const id: string = asked.json.id;
    await postern.call("POST", `/v1/opt-outs/${id}/approve`, { token: approver, body: {} });
    const guest = { type: "anonymous", id: "x" };
    const body = {
      subject: guest,
      action: { name: "view" },
      resource: { type: "shelf" },
      context: { postern: { network: "203.0.113.9" } },
    };
    for (let time = 0; time < 5; time++) {
      const { json } = await search("resource", body);
      expect(json.results).toEqual([
        {
          type: "shelf",
          id: "open/a",
          properties: { postern: { outcome: "honour", waived: ["authentication"] } },
        },
      ]);
    }
    const now = await postern.call("GET", `/v1/opt-outs/${id}`, { token: approver });
    expect(now.json.uses).toEqual({ max: 3, used: 0 });
  });
});
