import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { ROLES, type Role, SCOPES_OF_ROLE } from "@postern/core";
import type { Caller, OperatorCaller } from "@postern/service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accessTokenOf } from "../fixture/operator.ts";
import { ROUTES } from "../fixture/route-table.ts";
import { type Answered, type Call, send as sendCall } from "../fixture/send.ts";
import { must, type Organisation } from "../people/running.ts";
import { enrolled, factorsOf, startShop } from "../sign-in/account.ts";

let shop: Organisation;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.stop());

const user = (id: string) => ({ type: "user", id });
const code = (result: { ok: boolean; refusal?: { code: string } }): string => result.refusal?.code ?? "done";
const grant = (caller: Caller, person: string, role: Role) =>
  shop.service.roles.grant(caller, { person: user(person), role });
const call = (token: string, method: string, path: string, more: Call = {}): Promise<Answered> =>
  sendCall(Number(new URL(shop.control).port), method, path, { token, ...more });
const last = async (): Promise<Record<string, unknown>> => {
  const { ledger } = shop.service;
  const [entry] = must(await ledger.entries(shop.admin, ledger.size() - 1, 1));
  return JSON.parse(entry?.entry ?? "{}");
};

/** Somebody with a second step, and an access token of their session. */
async function operator(name: string, ...roles: readonly Role[]): Promise<string> {
  const { at } = await enrolled(shop, name, true);
  for (const role of roles) must(await grant(shop.admin, name, role));
  return await accessTokenOf(shop, at);
}

/** The same person as a caller, as the server makes one of their session. */
async function sessionCaller(person: string): Promise<OperatorCaller> {
  const { sessions, roles } = shop.service;
  const { items } = must(await sessions.list(shop.admin, { limit: 1, subject: user(person) }));
  const session = sessions.byId(items[0]?.id ?? "");
  if (session === null) throw new Error(`expected a session of ${person}`);
  return roles.of(session);
}

const harmless = (method: string): Call =>
  method === "POST" || method === "PUT" ? { body: { nonsense: 1 } } : {};

describe("an operator", () => {
  const tokens = new Map<Role, string>();
  beforeAll(async () => {
    // The administrator last: from then on there is a second person to ask.
    for (const role of [...ROLES].reverse()) tokens.set(role, await operator(`one-${role}`, role));
  }, 30_000);
  afterAll(async () => {
    for (const { id, state } of must(await shop.service.roles.list(shop.admin)))
      if (state === "held") must(await shop.service.roles.revoke(shop.admin, id));
  });

  it.each(ROUTES.filter(({ scopes }) => scopes !== null))(
    "calls $method $path where a role of theirs has its scope, and not otherwise",
    async ({ method, path, scopes }) => {
      // Questions of enforcement points are asked with tokens alone.
      const asked = path.startsWith("/access/v1/ev") || path.startsWith("/access/v1/search");
      // A stream goes on as long as the token does that made it: a person in a session has none to bind it to.
      const ofToken = `${method} ${path}` === "POST /ssf/streams";
      for (const role of ROLES) {
        const answer = await call(tokens.get(role) ?? "", method, path, harmless(method));
        const held = SCOPES_OF_ROLE[role];
        const may = held.includes("admin") || scopes?.some((scope) => held.includes(scope)) === true;
        const { code: said = "" } = answer.json ?? {};
        const refused = asked ? "caller.unauthenticated" : may && !ofToken ? "" : "caller.scope";
        expect([role, said.startsWith("caller.") ? said : ""]).toEqual([role, refused]);
        expect(answer.status).toBeLessThan(500);
      }
    },
  );
});

describe("a role", () => {
  it("is granted by one person alone while there is no second, and the entry says so", async () => {
    await enrolled(shop, "ida", false);
    const made = must(await grant(shop.admin, "ida", "approver"));
    expect([made.waits, made.role]).toEqual([
      undefined,
      expect.objectContaining({ role: "approver", state: "held", person: user("ida") }),
    ]);
    expect(await last()).toMatchObject({ type: "role.granted", data: { unreviewed: true } });
    expect(code(await grant(shop.admin, "ida", "approver"))).toBe("role.held");
    must(await shop.service.roles.revoke(shop.admin, made.role.id));
    expect(await last()).toMatchObject({
      type: "role.revoked",
      data: { grant: made.role.id, cause: "operator" },
    });
  });

  it("is held by nobody who cannot sign in, is unknown, suspended or deleted", async () => {
    must(await shop.service.entities.put(shop.admin, user("nora"), {}));
    must(await factorsOf(shop.service).invite(shop.admin, user("nora")));
    expect(code(await grant(shop.admin, "nora", "auditor"))).toBe("role.person");
    expect(code(await grant(shop.admin, "stranger", "auditor"))).toBe("role.person");
    await enrolled(shop, "otto", false);
    must(await shop.service.entities.put(shop.admin, user("otto"), { states: { suspended: true } }));
    expect(code(await grant(shop.admin, "otto", "auditor"))).toBe("role.person");
    must(await shop.service.entities.put(shop.admin, user("otto"), { states: {} }));
  });

  it("ends with its person, and whoever has the name afterwards has none", async () => {
    await enrolled(shop, "paul", false);
    const { id } = must(await grant(shop.admin, "paul", "auditor")).role;
    must(await shop.service.entities.delete(shop.admin, user("paul")));
    expect(must(await shop.service.roles.list(shop.admin)).find((one) => one.id === id)?.state).toBe(
      "revoked",
    );
    await enrolled(shop, "paul", false);
    expect((await sessionCaller("paul")).token.scopes).toEqual([]);
  });

  it("is not had by a link: whoever holds one is not invited", async () => {
    await enrolled(shop, "quin", false);
    must(await grant(shop.admin, "quin", "auditor"));
    expect(code(await factorsOf(shop.service).invite(shop.admin, user("quin")))).toBe("role.held");
  });

  it("never counts for what was recorded after it was taken away, however it came in", async () => {
    await enrolled(shop, "rosa", true);
    const { id } = must(await grant(shop.admin, "rosa", "approver")).role;
    const before = await sessionCaller("rosa");
    must(await shop.service.roles.revoke(shop.admin, id));
    const placed = await shop.service.locks.place(before, { target: { kind: "everything" } });
    expect(code(placed)).toBe("caller.scope");
    // Whoever takes it away and whoever acts in it at once are one after the other.
    const again = must(await grant(shop.admin, "rosa", "approver")).role;
    const caller = await sessionCaller("rosa");
    const [ended, late] = await Promise.all([
      shop.service.roles.revoke(shop.admin, again.id),
      shop.service.locks.place(caller, { target: { kind: "everything" } }),
    ]);
    expect([code(ended), code(late)]).toEqual(["done", "caller.scope"]);
  });

  it("lets nobody consent: that is for one's own pages", async () => {
    await enrolled(shop, "sara", true);
    must(await grant(shop.admin, "sara", "approver"));
    const caller = await sessionCaller("sara");
    const asked = await shop.service.optOuts.request(caller, { offer: "none" });
    expect(code(asked)).toBe("caller.scope");
    must(await shop.service.entities.delete(shop.admin, user("sara")));
  });
});

describe("a role that is taken away while its holder is at it", () => {
  const send = (bearer: string, method: string, path: string): ClientRequest =>
    request({
      port: Number(new URL(shop.control).port),
      host: "127.0.0.1",
      method,
      path,
      agent: false,
      headers: {
        authorization: `Bearer ${bearer}`,
        ...(method === "GET" ? {} : { "content-type": "application/json", "content-length": 40 }),
        ...(method === "GET" ? {} : { expect: "100-continue" }),
      },
    });

  it("does nothing by a body that was still on its way", async () => {
    const token = await operator("wim");
    const { id } = must(await grant(shop.admin, "wim", "approver")).role;
    const answer = await new Promise<IncomingMessage>((done, failed) => {
      const sent = send(token, "POST", "/v1/locks");
      sent.on("response", done).on("error", failed);
      sent.once("continue", () => {
        sent.write('{"target":');
        shop.service.roles
          .revoke(shop.admin, id)
          .then(() => sent.end('{"kind":"everything"}}        '.padEnd(30)), failed);
      });
      sent.flushHeaders();
    });
    answer.resume();
    expect(answer.statusCode).toBe(403);
  });

  it("shows no decision more", async () => {
    const token = await operator("xena");
    const { id } = must(await grant(shop.admin, "xena", "auditor")).role;
    const stream = await new Promise<IncomingMessage>((done, failed) => {
      send(token, "GET", "/v1/decisions/stream").on("response", done).on("error", failed).end();
    });
    let text = "";
    stream.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    const ended = new Promise<void>((done) => stream.on("end", done));
    const decide = () =>
      shop.service.decisions.decide({
        subject: null,
        action: { name: "get" },
        resource: { type: "route", id: "/" },
        session: null,
        askedBy: "test",
      });
    await decide();
    await expect.poll(() => text).toContain("event: decision");
    const seen = text;
    must(await shop.service.roles.revoke(shop.admin, id));
    await decide();
    await ended;
    expect(text).toBe(seen);
  });
});

describe("two persons", () => {
  let pia: Caller;
  beforeAll(async () => {
    pia = await shop.second();
    for (const { id } of must(await shop.service.unreviewed.list(pia, { limit: 100 })).items)
      await shop.service.unreviewed.confirm(pia, id);
  });

  it("grant a role that rules: until the second has confirmed it, nobody holds it", async () => {
    const token = await operator("tess");
    const asked = must(await grant(shop.admin, "tess", "administrator"));
    expect([asked.role.state, asked.waits?.what]).toEqual([
      "waiting",
      { kind: "role", grant: asked.role.id, person: user("tess"), role: "administrator" },
    ]);
    expect((await call(token, "GET", "/v1/tokens")).status).toBe(403);
    expect(must(await grant(shop.admin, "tess", "administrator")).waits?.id).toBe(asked.waits?.id);
    const { unreviewed } = shop.service;
    expect(code(await unreviewed.confirm(shop.admin, asked.waits?.id ?? ""))).toBe("unreviewed.own_act");
    must(await unreviewed.confirm(pia, asked.waits?.id ?? ""));
    expect((await call(token, "GET", "/v1/tokens")).status).toBe(200);
  });

  it("are needed for one who grants it to themselves, and for one who would confirm their own", async () => {
    const tess = await sessionCaller("tess");
    const own = must(await grant(tess, "tess", "approver"));
    expect(own.role.state).toBe("waiting");
    expect(code(await shop.service.unreviewed.confirm(tess, own.waits?.id ?? ""))).toBe("unreviewed.own_act");
    const given = must(await grant(shop.admin, "tess", "developer"));
    expect(code(await shop.service.unreviewed.confirm(tess, given.waits?.id ?? ""))).toBe(
      "unreviewed.own_act",
    );
    for (const { waits } of [own, given])
      must(await shop.service.unreviewed.deny(shop.admin, waits?.id ?? ""));
  });

  it("are one and another administrator, by role or by token", async () => {
    const tess = await sessionCaller("tess");
    const lock = must(await shop.service.locks.place(shop.admin, { target: { kind: "everything" } })).id;
    const lifted = must(await shop.service.locks.lift(shop.admin, lock));
    expect(lifted.waits?.state).toBe("waiting");
    must(await shop.service.unreviewed.confirm(tess, lifted.waits?.id ?? ""));
  });

  it("are not needed to take one away, after which its word is none of two", async () => {
    const tess = await sessionCaller("tess");
    const lock = must(await shop.service.locks.place(shop.admin, { target: { kind: "everything" } })).id;
    const waits = must(await shop.service.locks.lift(tess, lock)).waits?.id ?? "";
    const held = must(await shop.service.roles.list(shop.admin)).find(
      ({ person, state }) => person.id === "tess" && state === "held",
    );
    must(await shop.service.roles.revoke(shop.admin, held?.id ?? ""));
    expect(code(await shop.service.unreviewed.confirm(shop.admin, waits))).toBe("unreviewed.state");
    must(await shop.service.locks.lift(shop.admin, lock));
  });

  it("are not needed for one who reads", async () => {
    await enrolled(shop, "uma", false);
    expect(must(await grant(shop.admin, "uma", "auditor")).role.state).toBe("held");
  });

  it("are no developers and no approvers: these grant nothing, and confirm nothing", async () => {
    const dev = await operator("vera");
    const asked = must(await grant(shop.admin, "vera", "developer"));
    must(await shop.service.unreviewed.confirm(pia, asked.waits?.id ?? ""));
    const body = { person: user("vera"), role: "administrator" };
    const tried = await call(dev, "POST", "/v1/roles", { body });
    expect([tried.status, tried.json.code]).toEqual([403, "caller.scope"]);
    expect(code(await grant(await sessionCaller("vera"), "vera", "administrator"))).toBe("caller.scope");
  });
});
