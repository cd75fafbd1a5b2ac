import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { POLICY } from "../fixture/policy.ts";
import { type TestPostern, testPostern } from "../fixture/running.ts";

const AUDIENCE = "receiver.example";

const rules = (source: string): string => `kind: SignalRule
name: risk-elsewhere
owner: security
mode: enforce
signals: [risk-level-change, session-revoked]
from: [${source}]
suspend: { all: true }
endSessions: all
resume: { person: true }
`;

const soon = async (holds: () => Promise<boolean>): Promise<boolean> => {
  for (let tries = 0; tries < 150; tries++) {
    if (await holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
};

describe.each(["push", "poll"] as const)("a stream from one Postern to another, by %s", (delivery) => {
  let one: TestPostern;
  let other: TestPostern;
  let session: string;
  let token: string;
  const signIn = async (at: TestPostern): Promise<string> => {
    const registrar = await at.token(["sessions.register"], { maxAcr: "aal2", subjectTypes: ["user"] });
    const made = await at.call("POST", "/v1/sessions", {
      token: registrar,
      body: {
        subject: { type: "user", id: "ana" },
        acr: "aal1",
        authTime: new Date().toISOString(),
        expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      },
    });
    return made.json.session.id;
  };
  const stateOf = async (at: TestPostern, id: string): Promise<string> => {
    const { json } = await at.call("GET", "/v1/sessions", { token: at.admin });
    return json.items.find((item: { readonly id: string }) => item.id === id)?.state;
  };
  const standing = async (): Promise<string | undefined> =>
    (await other.call("GET", "/v1/signals/transmitters", { token: other.admin })).json.items[0]?.state;

  beforeAll(async () => {
    one = await testPostern({}, { ...POLICY, "signals.yaml": rules("edr") });
    await signIn(one);
    token = await one.token(["ssf.manage"], { label: AUDIENCE, subjectTypes: [] });
    const file = join(one.directory, "transmitters.json");
    const settings = {
      id: "first",
      issuer: one.url,
      audience: AUDIENCE,
      delivery,
      api_token: token,
      push_token: "agreed-between-the-two",
      subject_types: ["user"],
    };
    writeFileSync(file, JSON.stringify({ transmitters: [settings] }));
    other = await testPostern({ signalTransmitters: file }, { ...POLICY, "signals.yaml": rules("first") });
    session = await signIn(other);
  }, 60_000);
  afterAll(async () => {
    await other.stop();
    await one.stop();
  });

  it("is made and verified by the receiver itself", async () => {
    expect(await soon(async () => (await standing()) === "verified")).toBe(true);
  }, 30_000);

  it("tells of whom it was asked to, under the name that the receiver gave", async () => {
    const { json: listed } = await one.call("GET", "/ssf/streams", { token });
    const added = await one.call("POST", "/ssf/subjects/add", {
      token,
      body: { stream_id: listed[0].stream_id, subject: { format: "opaque", id: "ana" }, verified: true },
    });
    expect(added.status).toBe(200);
    expect(await stateOf(other, session)).toBe("live");
    const edr = await one.token(["signals.write"], { resources: ["signal:edr"], subjectTypes: ["user"] });
    const sent = await one.call("POST", "/v1/signals", {
      token: edr,
      body: {
        specversion: "1.0",
        id: `risk-${delivery}`,
        source: "edr",
        type: "https://schemas.openid.net/secevent/caep/event-type/risk-level-change",
        subject: "user:ana",
        time: new Date().toISOString(),
        data: { current_level: "HIGH" },
      },
    });
    expect([sent.status, sent.json.outcome, sent.json.sessionsEnded]).toEqual([200, "in-force", 1]);
    expect(await soon(async () => (await stateOf(other, session)) === "revoked")).toBe(true);
    // The risk ends it first; that it ended there is told after that.
    const isTold = async (): Promise<boolean> => {
      const { json: said } = await other.call("GET", "/v1/signals", { token: other.admin });
      return said.items.some(
        ({ kind, source }: Record<string, string>) => kind === "session-revoked" && source === "first",
      );
    };
    expect(await soon(isTold)).toBe(true);
    // What it told is not told again, and nothing is left.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const size = other.running.service.ledger.size();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(other.running.service.ledger.size()).toBe(size);
  }, 40_000);

  it("keeps what happens while it is paused, and tells it in order when it goes on", async () => {
    const { json: listed } = await one.call("GET", "/ssf/streams", { token });
    const stream_id = listed[0].stream_id;
    const status = (word: string): Promise<unknown> =>
      one.call("POST", "/ssf/status", { token, body: { stream_id, status: word } });
    await status("paused");
    const [here, there] = [await signIn(one), await signIn(other)];
    await one.call("DELETE", `/v1/sessions/${here}`, { token: one.admin });
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(await stateOf(other, there)).toBe("live");
    await status("enabled");
    expect(await soon(async () => (await stateOf(other, there)) === "revoked")).toBe(true);
  }, 40_000);
});
