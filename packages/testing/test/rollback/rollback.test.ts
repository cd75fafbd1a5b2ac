import { describe, expect, it } from "vitest";
import { rollbackCampaign } from "../../src/rollback/campaign.ts";
import { drive } from "../../src/rollback/drive.ts";

describe("a rollback under load", () => {
  it("mixes no answer of two revisions and leaves no question without one", async () => {
    const report = await rollbackCampaign({ rate: 200, switches: 3, pause: 300 });
    expect(report.wrong).toEqual([]);
    expect(report.examples).toEqual([]);
    expect([report.mixed, report.failed]).toEqual([0, 0]);
    expect(report.answered).toBe(report.asked);
    expect(Math.min(report.byFirst, report.bySecond)).toBeGreaterThan(0);
  }, 120_000);

  it("would see an answer that took its rule from one revision and its requirement from the other", async () => {
    const unmet = [{ requirement: "authentication", reason: "assurance_too_low" }];
    const refused = [{ requirement: "permitted", reason: "not_permitted" }];
    let at = 0;
    // Of four papers one is of each revision, one permits by the rule of the second and asks for what the first does, and
    // one is the answer of the second under the name of the first.
    const papers = [
      { revision: "pol_1", outcome: "deny", unmet: refused },
      { revision: "pol_2", outcome: "challenge", unmet },
      { revision: "pol_2", outcome: "permit", unmet: [] },
      { revision: "pol_1", outcome: "challenge", unmet },
    ];
    const answer = (question: unknown): unknown => ({
      context: JSON.stringify(question).includes("/papers/")
        ? papers[at++ % papers.length]
        : { revision: "pol_1", outcome: "honour", unmet: [] },
    });
    const call = async (_: string, path: string, body: unknown) => {
      const asked = body as { readonly evaluations?: readonly unknown[] };
      const json = path.endsWith("/evaluations")
        ? { evaluations: (asked.evaluations ?? []).map(answer) }
        : answer(body);
      return { status: 200, json };
    };
    const load = drive({
      node: { call },
      rate: 1_000,
      session: "ses_x",
      revisions: { first: "pol_1", second: "pol_2" },
    });
    while (at < 40) await new Promise((resolve) => setTimeout(resolve, 5));
    const judged = await load.stop();
    expect(judged.mixed).toBe(papersOf(at, [2, 3]));
    expect(judged.bySecond).toBe(papersOf(at, [1]));
    expect(judged.byFirst + judged.bySecond + judged.mixed).toBe(judged.answered);
    expect(judged.examples).toContain("papers: `permit` by revision pol_2");
  });
});

/** How many of the first answers about papers stand at these places of four. */
function papersOf(count: number, places: readonly number[]): number {
  return Array.from({ length: count }, (_, at) => at % 4).filter((at) => places.includes(at)).length;
}
