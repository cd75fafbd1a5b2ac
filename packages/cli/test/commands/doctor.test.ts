import type { Status } from "@postern/sdk";
import { describe, expect, it } from "vitest";
import { findingsOf } from "../../src/commands/doctor/status.ts";
import { terminal } from "../terminal.ts";

const healthy: Status = {
  node: {},
  doubt: null,
  policy: { active: "pol_1", directory: "in-force" },
  ledger: { origin: "postern.example/ledger", size: 12, verifierKeys: [] },
  masterKey: "given",
  mode: "production",
  store: "sqlite",
  trustedProxies: ["10.0.0.7"],
  gateway: true,
};
type Signals = NonNullable<Status["signals"]>;
const streams = { enabled: 1, paused: 0, disabled: 0, inTrouble: 0, givenUp: 0, entriesBehind: 0 };
const transmitters = { named: 1, inTrouble: 0 };
const told = (more: Partial<Signals["streams"]>): Partial<Status> => ({
  signals: { streams: { ...streams, ...more }, transmitters },
});
const heard = (more: Partial<Signals["transmitters"]>): Partial<Status> => ({
  signals: { streams, transmitters: { ...transmitters, ...more } },
});
const worst = (status: Status): readonly string[] =>
  findingsOf(status)
    .filter(({ result }) => result !== "ok")
    .map(({ result, check, fix }) => `${result} ${check}: ${fix}`);

describe("the doctor", () => {
  it("finds nothing wrong with a healthy deployment", () => {
    expect(worst(healthy)).toEqual([]);
  });

  it.each<[string, Partial<Status>, RegExp]>([
    [
      "a witness that refuses",
      {
        ledger: {
          ...healthy.ledger,
          witnesses: [{ name: "witness.example/1", state: "refuses", size: 9, cosignedAt: null }],
        },
      },
      /^fail witness: .*evidence/,
    ],
    [
      "a clock in doubt",
      { doubt: { reason: "clock_distrusted", detail: "the clock jumped" } },
      /^fail node: .*postern node accept-time/,
    ],
    ["another doubt", { doubt: { reason: "database_stale", detail: "it went back" } }, /^fail node: .*cause/],
    ["no policy", { policy: { active: null, directory: "none" } }, /^fail policy: .*policy publish/],
    [
      "another policy on disk",
      { policy: { active: "pol_1", directory: "differs" } },
      /^warn policy directory/,
    ],
    ["a key that it made itself", { masterKey: "generated" }, /^warn master key: .*POSTERN_MASTER_KEY_FILE/],
    [
      "a receiver that is not reached",
      told({ inTrouble: 1 }),
      /^warn signal streams: .*postern signal streams/,
    ],
    [
      "a transmitter that does not work",
      heard({ inTrouble: 1 }),
      /^warn signal transmitters: .*postern signal transmitters/,
    ],
    ["development", { mode: "development" }, /^warn mode/],
    ["trust in everyone", { trustedProxies: ["0.0.0.0/0"] }, /^fail trusted proxies/],
  ])("names %s, and what to do about it", (_, change, expected) => {
    expect(worst({ ...healthy, ...change })).toEqual([expect.stringMatching(expected)]);
  });

  it("warns of a server that is ready and has something to mend", async () => {
    const headers = { date: "Sat, 21 Nov 2026 09:00:00 GMT", "content-type": "application/json" };
    const warnings = [{ reason: "ends_not_kept" }];
    const answer: typeof fetch = async () =>
      new Response(JSON.stringify({ reasons: [], warnings }), { headers });
    const said = await terminal({ fetch: answer, now: () => Date.UTC(2026, 10, 21, 9) })("doctor");
    expect(said.stdout).toMatch(
      /warn +readiness +what ended is not all kept outside the database \(ends_not_kept\)\. Make room/,
    );
    expect(said.stdout).toMatch(/ok +readiness/);
  });

  it("says when the clocks of server and machine are apart", async () => {
    const headers = { date: "Sat, 21 Nov 2026 09:00:00 GMT", "content-type": "application/json" };
    const answer: typeof fetch = async () => new Response('{"reasons":[]}', { headers });
    const now = (): number => Date.UTC(2026, 10, 21, 9, 0, 40);
    const said = await terminal({ fetch: answer, now })("doctor");
    expect(said.stdout).toMatch(/warn +time +the server's clock and this machine's are 40 s apart/);
    expect(said.stdout).toMatch(/warn +token/);
  });
});
