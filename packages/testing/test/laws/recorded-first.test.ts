import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { heldStore } from "./held-store.ts";
import { type Shop, shop } from "./shop.ts";

let at: Shop;
const store = heldStore();

beforeEach(async () => {
  at = await shop({ store: store.wrap });
});
afterEach(async () => {
  store.fail(null);
  await at.node.stop();
});

describe("law 4, recorded first", () => {
  it.each(["unavailable", "full"] as const)(
    "where the store is %s an honour becomes a challenge that says so, and nothing is left behind",
    async (code) => {
      await at.granted();
      const weak = await at.session("aal1");
      const size = at.node.service.ledger.size();
      store.fail(code);
      const { decision, entry } = await at.node.service.decisions.decide(at.question(weak));
      expect([decision.outcome, entry]).toEqual(["challenge", null]);
      expect(decision.notHonoured.map(({ reason }) => reason)).toEqual(["recording_unavailable"]);
      expect(at.node.service.ledger.size()).toBe(size);
      store.fail(null);
      expect(await at.outcome(weak)).toBe("honour");
    },
  );

  it("answers that rest on no opt-out go on while nothing can be recorded", async () => {
    const strong = await at.session("aal2");
    store.fail("unavailable");
    expect(await at.outcome(strong)).toBe("permit");
    expect(await at.outcome(null)).toBe("challenge");
  });

  it("an honour is answered only after its entry is there, and names it", async () => {
    await at.granted();
    const weak = await at.session("aal1");
    const release = store.hold();
    let answered = false;
    const asked = Promise.resolve(at.node.service.decisions.decide(at.question(weak))).then((answer) => {
      answered = true;
      return answer;
    });
    await sleep(50);
    expect(answered).toBe(false);
    release();
    const { id, decision, entry } = await asked;
    expect(decision.outcome).toBe("honour");
    const [written] = await at.node.entries(entry?.index);
    expect(written?.type).toBe("decision.honoured");
    expect(written?.data).toMatchObject({ honours: [{ decision: id }] });
  });

  it("many honours at once are each recorded once, by entry and position", async () => {
    await at.granted();
    const weak = await at.session("aal1");
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => Promise.resolve(at.node.service.decisions.decide(at.question(weak)))),
    );
    const recorded = new Map<string, unknown>();
    for (const { index, type, data } of await at.node.entries()) {
      if (type !== "decision.honoured" || !Array.isArray(data.honours)) continue;
      data.honours.forEach((honour: { readonly decision: string }, position) => {
        recorded.set(`${index}.${position}`, honour.decision);
      });
    }
    expect(recorded.size).toBe(60);
    for (const { id, entry } of answers) expect(recorded.get(`${entry?.index}.${entry?.position}`)).toBe(id);
  });

  it("an opt-out whose grant could not be recorded is not in force", async () => {
    const strong = await at.session("aal2");
    const weak = await at.session("aal1");
    const { id } = await at.request(strong, { offer: "own" });
    const { hash, locale } = must(await at.node.service.optOuts.disclosure(strong, id, ["en"]));
    store.fail("unavailable");
    const consented = await at.node.service.optOuts.consent(strong, id, { disclosure: hash, locale });
    expect(consented).toMatchObject({ ok: false, refusal: { code: "store.unavailable" } });
    store.fail(null);
    expect(await at.outcome(weak)).toBe("challenge");
    expect(must(await at.node.service.optOuts.get(strong, id, {})).state).toBe("pending");
  });

  it("a question that is only considered records nothing and spends nothing", async () => {
    await at.granted();
    const weak = await at.session("aal1");
    const size = at.node.service.ledger.size();
    expect(at.node.service.decisions.consider(at.question(weak)).decision.outcome).toBe("honour");
    expect(at.node.service.ledger.size()).toBe(size);
  });
});
