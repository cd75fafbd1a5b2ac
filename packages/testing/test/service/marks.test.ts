import type { Caller } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { codeOf, openShop, type Shop, shopPolicy } from "./shop.ts";

const mayTell = (): boolean => true;
const HOUR = 3_600_000;
const SIGNAL_RULE = `---
kind: SignalRule
name: high-risk
owner: security
mode: enforce
signals: [risk-level-change]
level: high
from: [idp]
suspend: { controls: [step-up] }
resume: { person: true }
`;

describe("a mark", () => {
  let shop: Shop;
  let eve: Caller;
  beforeEach(async () => {
    shop = await openShop();
    eve = await shop.node.token(["explain"], "eve");
  });
  afterEach(() => shop.node.stop());

  const mark = (caller: Caller, id: string, as: "unneeded" | "right" = "right") =>
    shop.node.service.marks.decision(caller, id, { as, mayTell });

  it("of an operator and of the person are both in the ledger, each with who said it", async () => {
    const ana = await shop.signIn("ana", "aal1");
    const { id } = await shop.get("/reports/1", ana);
    expect(must(await mark(eve, id))).toMatchObject({ id, as: "right", own: false });
    expect(must(await mark(ana, id))).toMatchObject({ id, as: "right", own: true });
    const written = (await shop.node.entries()).filter(({ type }) => type === "decision.marked");
    expect(written.map(({ data }) => [data.decision, data.as, data.own])).toEqual([
      [id, "right", false],
      [id, "right", true],
    ]);
    expect(must(await shop.node.service.decisions.why(id)).marks).toMatchObject([
      { as: "right", own: false },
      { as: "right", own: true },
    ]);
    expect(written[1]?.by).toMatchObject({ person: ana.session.subject, via: ana.session.id });
    expect(written[0]?.by.person).not.toBe(ana.session.subject);
  });

  it("takes the place of one's own before, and what was said before stays in the ledger", async () => {
    const ana = await shop.signIn("ana", "aal1");
    const { id } = await shop.get("/reports/1", ana);
    must(await mark(eve, id, "right"));
    must(await mark(eve, id, "unneeded"));
    expect(must(await mark(eve, id, "unneeded"))).toMatchObject({ as: "unneeded", entry: null });
    const said = (await shop.node.entries()).filter(({ type }) => type === "decision.marked");
    expect(said.map(({ data }) => data.as)).toEqual(["right", "unneeded"]);
  });

  it("binds to a challenge or a denial of the log, and to nothing that was let through", async () => {
    const ana = await shop.signIn("ana", "aal1");
    const permitted = await shop.get("/catalogue/1", ana);
    expect(codeOf(await mark(eve, permitted.id))).toBe("mark.nothing_asked");
    const denied = await shop.get("/nowhere/1", ana);
    expect(denied.decision.outcome).toBe("deny");
    expect(codeOf(await mark(eve, denied.id, "unneeded"))).toBe("ok");
    expect(codeOf(await mark(eve, "dec_0123456789abcdefghjkmnpqrs"))).toBe("not_found");
    expect(codeOf(await mark(eve, "opt-out"))).toBe("not_found");
  });

  it("of somebody else's decision is not found, and a token bound to other resources is told the same", async () => {
    const [ana, ben] = [await shop.signIn("ana", "aal1"), await shop.signIn("ben", "aal2")];
    const { id } = await shop.get("/reports/1", ana);
    expect(codeOf(await mark(ben, id))).toBe("not_found");
    const marks = shop.node.service.marks;
    expect(codeOf(await marks.decision(eve, id, { as: "right", mayTell: () => false }))).toBe("not_found");
  });

  it("takes the scope and a token that names its person", async () => {
    const { id } = await shop.get("/reports/1", await shop.signIn("ana", "aal1"));
    expect(codeOf(await mark(await shop.node.token(["explain"]), id))).toBe("opt-out.approver_unknown");
    expect(codeOf(await mark(await shop.node.token(["decide"], "eve"), id))).toBe("caller.scope");
  });

  it("says that it was for nothing only where what was asked for is proved, and that it was somebody else anywhere", async () => {
    const ana = await shop.signIn("ana", "aal1");
    const { id } = await shop.get("/reports/1", ana);
    expect(codeOf(await mark(ana, id, "unneeded"))).toBe("mark.not_proved");
    expect(codeOf(await mark(await shop.signIn("ana", "aal2"), id, "unneeded"))).toBe("ok");
    expect(codeOf(await mark(ana, id, "right"))).toBe("ok");
  });

  it("changes no answer", async () => {
    const ana = await shop.signIn("ana", "aal1");
    const { id } = await shop.get("/reports/1", ana);
    must(await mark(eve, id, "unneeded"));
    expect((await shop.get("/reports/1", ana)).decision.outcome).toBe("challenge");
  });

  it("fills no disk: one person marks at most sixty things within an hour", async () => {
    const ana = await shop.signIn("ana", "aal1");
    const { id } = await shop.get("/reports/1", ana);
    const codes: string[] = [];
    for (let at = 0; at < 61; at++)
      codes.push(codeOf(await mark(eve, id, at % 2 === 0 ? "right" : "unneeded")));
    expect(codes.filter((code) => code === "ok")).toHaveLength(60);
    expect(codes.at(-1)).toBe("mark.too_many");
    shop.node.world.pass(HOUR + 1_000);
    await shop.node.settle();
    expect(codeOf(await mark(eve, id, "right"))).toBe("ok");
  });

  it("survives a restart, and the ledger still checks", async () => {
    const ana = await shop.signIn("ana", "aal1");
    const { id } = await shop.get("/reports/1", ana);
    must(await mark(ana, id));
    await shop.node.reopen();
    const again = shop.node.sessionCaller(ana.session.id);
    if (again.kind !== "session") throw new Error("expected a session");
    expect(await shop.node.service.marks.recent(again.session)).toMatchObject([
      { decision: id, marked: "right", proved: false },
    ]);
    expect(shop.node.service.node.doubt()).toBeNull();
    expect(must(await mark(again, id))).toMatchObject({ entry: null });
  });

  it("is offered for one's own challenges of a week, what was asked again within the hour once", async () => {
    const ana = await shop.signIn("ana", "aal1");
    const { marks } = shop.node.service;
    expect(await marks.recent(ana.session)).toEqual([]);
    await shop.get("/reports/1", ana);
    shop.node.world.pass(60_000);
    await shop.get("/reports/2", ana);
    shop.node.world.pass(2 * HOUR);
    await shop.node.settle();
    const { id } = await shop.get("/reports/3", ana);
    await shop.get("/reports/4", await shop.signIn("ben", "aal1"));
    await shop.get("/catalogue/4", ana);
    const found = await marks.recent(ana.session);
    expect(found.map(({ resource }) => resource.id)).toEqual(["/reports/3", "/reports/2"]);
    expect(found[0]).toMatchObject({ decision: id, marked: null, asked: "aal2", proved: false });
    shop.node.world.pass(8 * 24 * HOUR);
    await shop.node.settle();
    expect(await marks.recent(ana.session)).toEqual([]);
  });

  it("of a signal is taken while it stands, with the rules by which it does", async () => {
    await shop.node.policy(`${shopPolicy()}${SIGNAL_RULE}`);
    await shop.signIn("ana");
    const idp = await shop.node.token(["signals.write"], undefined, { resources: ["signal:idp"] });
    const { signal } = must(
      await shop.node.service.signals.send(idp, {
        id: "one",
        source: "idp",
        type: "risk-level-change",
        subject: "user:ana",
        time: new Date(shop.node.world.wall()).toISOString(),
        data: { current_level: "HIGH" },
      }),
    );
    const { marks, riskReport } = shop.node.service;
    expect(must(await marks.signal(eve, signal ?? "", { as: "unneeded" }))).toMatchObject({ own: false });
    expect(codeOf(await marks.signal(eve, "sig_0123456789abcdefghjkmnpqrs", { as: "right" }))).toBe(
      "not_found",
    );
    expect(codeOf(await marks.signal(idp, signal ?? "", { as: "right" }))).toBe("caller.scope");
    const [said] = (await shop.node.entries()).filter(({ type }) => type === "signal.marked");
    expect(said?.data).toMatchObject({ signal, rules: ["high-risk"], as: "unneeded", own: false });
    const { signals } = must(await riskReport.read(eve, { mayTell, gone: () => false }));
    expect(signals).toEqual([{ name: "high-risk", unneeded: 1, right: 0 }]);
  });
});
