import type { Caller, SimulationAsk, SimulationEvent, SimulationReport } from "@postern/service";
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

const policyOf = (change: (text: string) => string): SimulationAsk["candidate"] => ({
  files: [{ path: "shop.yaml", text: change(shopPolicy()) }],
});

const SAME = policyOf((text) => text);

async function simulated(
  shop: Shop,
  caller: Caller,
  candidate: SimulationAsk["candidate"],
  more: Partial<SimulationAsk> = {},
): Promise<{ readonly report: SimulationReport; readonly events: readonly SimulationEvent[] }> {
  const events: SimulationEvent[] = [];
  const ask = { candidate, facts: "recorded" as const, mayTell: () => true, gone: () => false, ...more };
  for await (const event of must(await shop.node.service.simulations.run(caller, ask))) events.push(event);
  const last = events.at(-1);
  if (last?.event !== "report") throw new Error("a simulation ends with its report");
  return { report: last.report, events };
}

describe("a simulation", () => {
  it("answers what was recorded as before where the candidate is what is in force", async () => {
    const { shop, admin } = await shopWith();
    const ana = await shop.signIn("ana", "aal1");
    await shop.get("/reports/1", ana);
    await shop.get("/catalogue/1", ana);
    await shop.get("/catalogue/1", null);
    const { report } = await simulated(
      shop,
      admin,
      policyOf((text) => text),
    );
    expect(report).toMatchObject({ decisions: 3, changed: 0, widens: false, notReplayed: [] });
    expect(report.matrix.challenge.challenge).toBe(2);
    expect(report.matrix.permit.permit).toBe(1);
  });

  it("names who would newly not face a control, by action and resource, with a decision to look at", async () => {
    const { shop, admin } = await shopWith();
    const ana = await shop.signIn("ana", "aal1");
    const { id } = await shop.get("/reports/17", ana);
    const { report, events } = await simulated(
      shop,
      admin,
      policyOf((text) =>
        text
          .replace(
            'resources: ["route:/reports/**"]\npermit',
            'resources: ["route:/reports/**"]\nactions: [post]\npermit',
          )
          .replace("route:/catalogue/**", "route:/**"),
      ),
    );
    expect(report.widens).toBe(true);
    expect(report.unprotected).toMatchObject({ decisions: 1, people: 1, total: 1 });
    expect(report.unprotected.groups[0]).toMatchObject({
      effect: "let-through",
      controls: ["step-up"],
      action: "get",
      resource: "route:/reports/*",
      before: "challenge",
      after: "permit",
      assurance: "aal2",
      subjects: ["user:ana"],
      examples: [id],
    });
    expect(events.find(({ event }) => event === "found")).toMatchObject({ decision: id });
  });

  it("says that a control is asked for no more even where everybody had met it", async () => {
    const { shop, admin } = await shopWith();
    const ana = await shop.signIn("ana", "aal2");
    await shop.get("/reports/1", ana);
    const { report } = await simulated(
      shop,
      admin,
      policyOf((text) =>
        text.replace(
          "require: { assurance: aal1, stepUp: { assurance: aal2 } }",
          "require: { assurance: aal1 }",
        ),
      ),
    );
    expect(report.matrix.permit.permit).toBe(1);
    expect(report.unprotected.groups[0]).toMatchObject({ effect: "asked-less", controls: ["step-up"] });
  });

  it("names who would newly be asked, and counts a live opt-out that would have been honoured", async () => {
    const { shop, admin } = await shopWith();
    const strong = await shop.signIn("ana", "aal2");
    must(await shop.consent(strong, (await shop.ask(strong)).id));
    const [ana, ben] = [await shop.signIn("ana", "aal1"), await shop.signIn("ben", "aal1")];
    await shop.get("/catalogue/1", ana);
    await shop.get("/catalogue/1", ben);
    const stepUp = (text: string): string =>
      text.replace(
        /(name: catalogue[\s\S]*?)require: \{ assurance: aal1 \}/,
        "$1require: { assurance: aal1, stepUp: { assurance: aal2 } }",
      );
    const asked = await simulated(shop, admin, policyOf(stepUp));
    expect(asked.report).toMatchObject({ asked: { decisions: 2, people: 2 }, widens: false });
    const offered = await simulated(
      shop,
      admin,
      policyOf((text) =>
        stepUp(text).replaceAll(
          'resources: ["route:/reports/**"] }',
          'resources: ["route:/reports/**", "route:/catalogue/**"] }',
        ),
      ),
    );
    expect(offered.report.asked).toMatchObject({ decisions: 2 });
    expect(offered.report.optOuts).toMatchObject({ live: 1, reachMore: 0 });
  });

  it("tells which live opt-outs would end, no longer match or reach more", async () => {
    const { shop, admin } = await shopWith();
    const ana = await shop.signIn("ana", "aal2");
    must(await shop.consent(ana, (await shop.ask(ana)).id));
    const fate = async (change: (text: string) => string) =>
      (await simulated(shop, admin, policyOf(change))).report.optOuts;
    expect(await fate((text) => text.replace("name: quick-reports", "name: other-reports"))).toMatchObject({
      ends: 1,
      groups: [{ fate: "ends", offer: "quick-reports", reason: "offer_gone" }],
    });
    expect(
      await fate((text) =>
        text.replace(
          'actions: [get], resources: ["route:/reports/**"]',
          'actions: [get], resources: ["route:/reports/june/**"]',
        ),
      ),
    ).toMatchObject({ noLongerMatch: 1 });
    const narrow = await openShop("uses: 3");
    open.push(narrow);
    const ben = await narrow.signIn("ben", "aal2");
    must(await narrow.consent(ben, (await narrow.ask(ben)).id));
    const reader = await narrow.node.token(["policy.write", "explain"]);
    const { report } = await simulated(
      narrow,
      reader,
      policyOf((text) => text),
    );
    expect(report.optOuts).toMatchObject({ reachMore: 1, groups: [{ wider: ["uses"] }] });
  });

  it("with facts of now asks what is in force now, on the attributes and opt-outs of today", async () => {
    const { shop, admin } = await shopWith();
    const ana = await shop.signIn("ana", "aal1");
    await shop.get("/reports/1", ana);
    shop.node.world.pass(1_000);
    await shop.node.settle();
    const strong = await shop.signIn("ana", "aal2");
    must(await shop.consent(strong, (await shop.ask(strong)).id));
    const then = await simulated(
      shop,
      admin,
      policyOf((text) => text),
    );
    const now = await simulated(
      shop,
      admin,
      policyOf((text) => text),
      { facts: "now" },
    );
    expect(then.report.matrix.challenge.challenge).toBe(1);
    expect(now.report).toMatchObject({ facts: "now", changed: 0 });
    expect(now.report.matrix.honour.honour).toBe(1);
  });

  it("with facts of now honours no opt-out that a signal holds back, as the door would not", async () => {
    const { shop, admin } = await shopWith();
    const held = `${shopPolicy()}---
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
    await shop.node.policy(held);
    const strong = await shop.signIn("ana", "aal2");
    const idp = await shop.node.token(["signals.write"], undefined, { resources: ["signal:idp"] });
    must(
      await shop.node.service.signals.send(idp, {
        id: "one",
        source: "idp",
        type: "risk-level-change",
        subject: "user:ana",
        time: new Date(shop.node.world.wall()).toISOString(),
        data: { current_level: "HIGH" },
      }),
    );
    must(await shop.consent(strong, (await shop.ask(strong)).id));
    expect((await shop.get("/reports/1", await shop.signIn("ana", "aal1"))).decision.outcome).toBe(
      "challenge",
    );
    const candidate = { files: [{ path: "shop.yaml", text: held }] };
    const { report } = await simulated(shop, admin, candidate, { facts: "now" });
    expect(report.matrix).toMatchObject({ honour: { honour: 0 }, challenge: { challenge: 1 } });
  });

  it("decides again what was made on any of a dozen revisions", async () => {
    const { shop, admin } = await shopWith();
    const ana = await shop.signIn("ana", "aal1");
    for (let at = 0; at < 12; at++) {
      await shop.node.policy(shopPolicy().replace("owner: payments", `owner: team-${at}`));
      await shop.get("/reports/1", ana);
    }
    const { report } = await simulated(shop, admin, SAME);
    expect(report).toMatchObject({ decisions: 12, notReplayed: [] });
    expect(report.madeOn).toHaveLength(12);
  });

  it("says nothing of decisions that the caller may not be told of, but how many", async () => {
    const { shop, admin } = await shopWith();
    await shop.get("/reports/1", await shop.signIn("ana", "aal1"));
    const mayTell = ({ id }: { readonly id: string }): boolean => !id.startsWith("/reports");
    const { report } = await simulated(shop, admin, SAME, { mayTell });
    expect(report).toMatchObject({ decisions: 0, notReplayed: [{ reason: "not_yours", count: 1 }] });
  });

  it("names what could not be decided again: a person who was erased meanwhile", async () => {
    const { shop, admin } = await shopWith();
    await shop.get("/reports/1", await shop.signIn("ana", "aal1"));
    await shop.get("/reports/1", await shop.signIn("ben", "aal1"));
    await simulated(shop, admin, SAME);
    must(await shop.node.service.entities.delete(shop.node.admin, { type: "user", id: "ana" }));
    for (const facts of ["recorded", "now"] as const) {
      const { report } = await simulated(shop, admin, SAME, { facts });
      expect(report).toMatchObject({ decisions: 1, notReplayed: [{ reason: "key_gone", count: 1 }] });
    }
  });

  it("names what could not be decided again: a revision whose text is gone", async () => {
    let gone = "";
    const shop = await openShop("", {
      store: (store) =>
        new Proxy(store, {
          get(target, name) {
            if (name === "document")
              return async (id: string) => (id === gone ? null : await target.document(id));
            const value: unknown = Reflect.get(target, name);
            return typeof value === "function" ? value.bind(target) : value;
          },
        }),
    });
    open.push(shop);
    const admin = await shop.node.token(["policy.write", "explain"]);
    const first = shop.node.service.policy.active() ?? "";
    const ana = await shop.signIn("ana", "aal1");
    await shop.get("/reports/1", ana);
    for (const owner of ["first-team", "second-team"]) {
      await shop.node.policy(shopPolicy().replace("owner: payments", `owner: ${owner}`));
      await shop.get("/reports/1", ana);
    }
    expect((await simulated(shop, admin, SAME)).report).toMatchObject({ decisions: 3, notReplayed: [] });
    gone = first;
    await shop.node.reopen();
    const { report } = await simulated(shop, admin, SAME);
    expect(report).toMatchObject({ decisions: 2, notReplayed: [{ reason: "revision_gone", count: 1 }] });
    expect(report.madeOn.map(({ revision }) => revision)).not.toContain(first);
  });

  it("scores recorded signals anew under another Risk document, and says what it could not", async () => {
    const { shop, admin } = await shopWith();
    const risk = (more: string): string =>
      `---\nkind: Risk\nname: risk\nowner: security\nmodel: weighted\n${more}\nrequires: { high: { assurance: aal2 } }\n`;
    const ana = await shop.signIn("ana", "aal1");
    await shop.get("/catalogue/1", ana);
    const missing = risk("required: [compliance]\nmissing: 90");
    const unseen = await simulated(
      shop,
      admin,
      policyOf((text) => `${text}${missing}`),
    );
    expect(unseen.report.risk).toEqual({ scoredAnew: 1, asRecorded: [{ what: "signals", decisions: 1 }] });

    await shop.node.policy(`${shopPolicy()}${risk("required: [failedAttempts]\nmissing: 90")}`);
    await shop.get("/catalogue/1", ana);
    await shop.node.settle();
    const { id } = await shop.get("/catalogue/1", ana);
    const { report } = await simulated(
      shop,
      admin,
      policyOf((text) => `${text}${missing}`),
      { limit: 1 },
    );
    expect(report).toMatchObject({
      decisions: 1,
      risk: { scoredAnew: 1, asRecorded: [] },
      asked: { decisions: 1, groups: [{ controls: ["step-up"], examples: [id] }] },
    });
  });

  it("needs the right to change policy and the right to read decisions", async () => {
    const { shop } = await shopWith();
    const ask = {
      candidate: policyOf((text) => text),
      facts: "recorded" as const,
      mayTell: () => true,
      gone: () => false,
    };
    for (const scopes of [["policy.write"], ["explain"], ["decide"]] as const)
      expect(codeOf(await shop.node.service.simulations.run(await shop.node.token(scopes), ask))).toBe(
        "caller.scope",
      );
  });

  it("is refused while two others run, and runs again once one of them was left", async () => {
    const { shop, admin } = await shopWith();
    const ana = await shop.signIn("ana", "aal1");
    for (let at = 0; at < 3; at++) await shop.get("/reports/1", ana);
    const ask = {
      candidate: policyOf((text) => text),
      facts: "recorded" as const,
      mayTell: () => true,
      gone: () => false,
    };
    const run = () => shop.node.service.simulations.run(admin, ask);
    const first = must(await run())[Symbol.asyncIterator]();
    must(await run());
    await first.next();
    expect(codeOf(await run())).toBe("busy");
    await first.return?.();
    expect(codeOf(await run())).toBe("ok");
  });

  it("refuses a candidate that does not compile, an unknown revision and a span that runs backwards", async () => {
    const { shop, admin } = await shopWith();
    const code = async (more: Partial<SimulationAsk>) =>
      codeOf(
        await shop.node.service.simulations.run(admin, {
          candidate: policyOf((text) => text),
          facts: "recorded",
          mayTell: () => true,
          gone: () => false,
          ...more,
        }),
      );
    expect(await code({ candidate: { files: [{ path: "a.yaml", text: "kind: Nothing" }] } })).toBe(
      "policy.does_not_compile",
    );
    expect(await code({ candidate: { revision: "pol_0123456789abcdefghjkmnpqrs" } })).toBe(
      "policy.unknown_revision",
    );
    expect(await code({ since: "2030-01-01T00:00:00Z", until: "2020-01-01T00:00:00Z" })).toBe("policy.span");
    expect(await code({ since: "yesterday" })).toBe("policy.span");
  });
});
