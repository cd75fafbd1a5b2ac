import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { inFolder, printedAsTold, readKept, tourSteps, tourText } from "@postern/example-shop";
import { createClient } from "@postern/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../scripts/root.ts";
import { inShell, type Started, start } from "./running.ts";

const folder = mkdtempSync(join(tmpdir(), "postern-tour-"));
const steps = tourSteps();
let started: Started;
let printed: readonly string[];

beforeAll(async () => {
  started = await start(folder);
  printed = inShell(steps.map(({ commands }) => inFolder(commands, folder)));
});

afterAll(async () => {
  await started.stop();
  rmSync(folder, { recursive: true, force: true });
});

function client(): ReturnType<typeof createClient> {
  const url = /control plane +(\S+)/.exec(started.printed())?.[1] ?? "";
  return createClient({ url, token: readKept(folder).ben ?? "" });
}

describe("the tour", () => {
  it.each(steps.map((step, at) => ({ ...step, at })))("prints what it says: $title", ({ at, prints }) => {
    const got = printed[at] ?? "";
    expect(printedAsTold(got, prints), `expected:\n${prints}\n\ngot:\n${got}`).toBe(true);
  });

  it("is what `npm start` prints, command by command", () => {
    for (const { commands } of steps) {
      for (const line of commands.split("\n")) {
        expect(started.printed()).toContain(inFolder(line, relative(ROOT, folder)));
      }
    }
  });

  it("leaves the decisions that it shows, in their order", async () => {
    const outcomes: string[] = [];
    for await (const { outcome, action, resource } of client().decisions.list({ limit: 100 })) {
      outcomes.unshift(`${outcome} ${action} ${resource.id}`);
    }
    const wanted = [
      "honour get /catalogue",
      "challenge get /account",
      "permit get /account",
      "challenge get /reports/monthly",
      "challenge get /reports/monthly",
      "permit get /reports/monthly",
      "challenge get /account",
      "permit get /account",
      "challenge get /reports/monthly",
      "honour get /reports/monthly",
      "challenge get /reports/monthly",
      "challenge post /payouts",
      "challenge post /payouts",
      "challenge get /reports/monthly",
      "challenge post /payouts",
      "permit post /payouts",
    ];
    const shown = outcomes.filter((one) => wanted.includes(one));
    expect(shown).toEqual(wanted);
  });

  it("leaves the entries that prove it, in their order", async () => {
    const entries = await client().ledger.entries({ from: 0, limit: 200 });
    const types = entries.map(({ entry }) => /"type":"([^"]+)"/.exec(entry ?? "")?.[1] ?? "");
    const wanted = [
      "decision.honoured",
      "session.registered",
      "session.raised",
      "device.registered",
      "opt-out.requested",
      "opt-out.consented",
      "opt-out.granted",
      "session.revoked",
      "session.registered",
      "device.bound",
      "decision.honoured",
      "opt-out.revoked",
      "session.raised",
    ];
    const since = types.lastIndexOf("opt-out.approved");
    expect(types.slice(since).filter((type) => wanted.includes(type) && type !== "opt-out.granted")).toEqual(
      wanted.filter((type) => type !== "opt-out.granted"),
    );
    expect(types.filter((type) => type === "opt-out.granted")).toHaveLength(2);
  });

  it("is the same text in the README", () => {
    const readme = readFileSync(join(ROOT, "README.md"), "utf8");
    const copy = /<!-- tour -->\n([\s\S]*?)<!-- \/tour -->/.exec(readme)?.[1];
    const text = tourText();
    expect(copy?.trim()).toBe(text.slice(text.indexOf("\n")).trim());
  });
});
