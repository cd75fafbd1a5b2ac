import type { Caller, SimulationAsk, SimulationReport } from "@postern/service";
import { afterEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { codeOf, openShop, type Shop, shopPolicy } from "./shop.ts";

const open: Shop[] = [];
afterEach(async () => {
  for (const shop of open.splice(0)) await shop.node.stop();
});

async function shopWith(): Promise<{ readonly shop: Shop; readonly admin: Caller }> {
  const shop = await openShop();
  open.push(shop);
  return { shop, admin: await shop.node.token(["policy.write", "explain"]) };
}

const ALL = { mayTell: () => true, gone: () => false };

async function exported(shop: Shop, more: object = {}): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of must(await shop.node.service.decisions.export({ ...ALL, ...more })))
    lines.push(line);
  return lines;
}

async function simulated(
  shop: Shop,
  caller: Caller,
  lines: readonly (string | null)[],
  more: Partial<SimulationAsk> = {},
): Promise<SimulationReport> {
  const given = async function* () {
    for (const [at, text] of lines.entries()) yield { number: at + 1, text };
  };
  const ask: SimulationAsk = {
    ...ALL,
    candidate: { files: [{ path: "shop.yaml", text: shopPolicy() }] },
    facts: "recorded",
    lines: { lines: given(), done: () => 0.5 },
    ...more,
  };
  for await (const event of must(await shop.node.service.simulations.run(caller, ask)))
    if (event.event === "report") return event.report;
  throw new Error("a simulation ends with its report");
}

describe("an export of decisions", () => {
  it("tells what the decision log tells, and gives what it rested on only sealed", async () => {
    const { shop } = await shopWith();
    must(
      await shop.node.service.entities.put(
        shop.node.admin,
        { type: "user", id: "ana" },
        { attributes: { roles: ["head-of-secrets"] } },
      ),
    );
    const { id } = await shop.get("/reports/1", await shop.signIn("ana", "aal1"));
    const lines = await exported(shop);
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      id,
      outcome: "challenge",
      subject: { type: "user", id: "ana" },
      resource: { type: "route", id: "/reports/1" },
    });
    for (const hidden of ["head-of-secrets", "192.0.2.0"]) expect(lines.join()).not.toContain(hidden);
    expect(JSON.parse(lines[1] ?? "")).toMatchObject({ end: { decisions: 1, unread: 0, ended: "all" } });
  });

  it("holds what its caller may be told of, about whom and answered as was asked, up to its limit", async () => {
    const { shop } = await shopWith();
    const ana = await shop.signIn("ana", "aal1");
    await shop.get("/reports/1", ana);
    await shop.get("/catalogue/1", ana);
    await shop.get("/catalogue/1", await shop.signIn("ben", "aal1"));
    const end = async (more: object) => JSON.parse((await exported(shop, more)).at(-1) ?? "").end;
    expect(await end({ mayTell: ({ id }: { id: string }) => id !== "/reports/1" })).toMatchObject({
      decisions: 2,
    });
    expect(await end({ subject: { type: "user", id: "ana" } })).toMatchObject({ decisions: 2 });
    expect(await end({ outcome: "challenge" })).toMatchObject({ decisions: 1 });
    expect(await end({ limit: 1 })).toMatchObject({ decisions: 1, ended: "limit" });
    expect(await end({ limit: 3 })).toMatchObject({ decisions: 3, ended: "all" });
    expect(codeOf(await shop.node.service.decisions.export({ ...ALL, since: "soon" }))).toBe("policy.span");
  });

  it("is refused while two others run, and a left one gives its turn back even unread", async () => {
    const { shop } = await shopWith();
    const one = async () => await shop.node.service.decisions.export(ALL);
    const first = must(await one())[Symbol.asyncIterator]();
    must(await one());
    expect(codeOf(await one())).toBe("busy");
    await first.return?.();
    expect(codeOf(await one())).toBe("ok");
  });
});

describe("a simulation on an export", () => {
  it("decides the same as on the decision log", async () => {
    const { shop, admin } = await shopWith();
    const ana = await shop.signIn("ana", "aal1");
    await shop.get("/reports/1", ana);
    await shop.get("/catalogue/1", ana);
    const candidate = {
      files: [
        { path: "shop.yaml", text: shopPolicy().replace("route:/catalogue/**", "route:/elsewhere/**") },
      ],
    };
    const report = await simulated(shop, admin, await exported(shop), { candidate });
    expect(report).toMatchObject({
      decisions: 2,
      file: { lines: 3, leftOut: 0, named: [], whole: true },
      refused: { decisions: 1 },
    });
  });

  it("leaves out what is damaged, foreign, changed or there twice, by line, and is not moved by it", async () => {
    const { shop, admin } = await shopWith();
    const other = await shopWith();
    await shop.get("/reports/1", await shop.signIn("ana", "aal1"));
    // Worlds of tests draw the same numbers: this one has drawn more of them.
    await other.shop.signIn("zoe", "aal1");
    await other.shop.get("/reports/1", await other.shop.signIn("ana", "aal1"));
    const [line = "", end = ""] = await exported(shop);
    const [foreign = ""] = await exported(other.shop);
    const fields = JSON.parse(line);
    const moved = JSON.stringify({ ...fields, id: JSON.parse(foreign).id });
    const cut = JSON.stringify({ ...fields, sealed: fields.sealed.slice(0, -4) });
    const told = JSON.stringify({ ...fields, outcome: "permit", subject: { type: "user", id: "eve" } });
    const report = await simulated(shop, admin, [
      "{",
      foreign,
      moved,
      cut,
      null,
      "[]",
      '{"format":"postern.decision.1"}',
      told,
      line,
      end,
    ]);
    expect(report.file).toEqual({
      lines: 10,
      leftOut: 8,
      whole: true,
      named: [
        { line: 1, reason: "unreadable" },
        { line: 2, reason: "not_ours" },
        { line: 3, reason: "not_ours" },
        { line: 4, reason: "not_ours" },
        { line: 5, reason: "unreadable" },
        { line: 6, reason: "unreadable" },
        { line: 7, reason: "unreadable" },
        { line: 9, reason: "twice" },
      ],
    });
    // What stands beside the seal is not believed: it is still ana, who was challenged.
    expect(report).toMatchObject({ decisions: 1, changed: 0, matrix: { challenge: { challenge: 1 } } });
  });

  it("cannot read a person who was erased since", async () => {
    const { shop, admin } = await shopWith();
    await shop.get("/reports/1", await shop.signIn("ana", "aal1"));
    const lines = await exported(shop);
    must(await shop.node.service.entities.delete(shop.node.admin, { type: "user", id: "ana" }));
    expect(await simulated(shop, admin, lines)).toMatchObject({
      decisions: 0,
      notReplayed: [{ reason: "key_gone", count: 1 }],
      file: { leftOut: 0, whole: true },
    });
  });

  it("says where the end of the export was not reached, and tells nothing that its caller may not know", async () => {
    const { shop, admin } = await shopWith();
    await shop.get("/reports/1", await shop.signIn("ana", "aal1"));
    const [line = ""] = await exported(shop);
    expect(await simulated(shop, admin, [line], { mayTell: () => false })).toMatchObject({
      decisions: 0,
      file: { whole: false },
      notReplayed: [{ reason: "not_yours", count: 1 }],
    });
  });
});
