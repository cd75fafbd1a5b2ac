import { readTransmitters, type StreamClient, streamClient } from "@postern/identity";
import { afterEach, describe, expect, it } from "vitest";
import { type Answering, AUDIENCE, type StrangeTransmitter, strangeTransmitter } from "./transmitter.ts";

const open: StrangeTransmitter[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

async function talking(
  answering: Answering,
  monotonic: () => number = () => 0,
): Promise<{ readonly from: StrangeTransmitter; readonly client: StreamClient }> {
  const from = await strangeTransmitter(answering);
  open.push(from);
  const read = readTransmitters(
    JSON.stringify({
      transmitters: [
        { id: "partner", issuer: from.issuer, audience: AUDIENCE, delivery: "poll", api_token: "opens" },
      ],
    }),
  );
  const [settings] = read.ok ? read.value : [];
  if (settings === undefined) throw new Error("the transmitter cannot be read");
  return { from, client: streamClient(settings, monotonic) };
}

const POLL = { ack: ["before"], setErrs: {}, most: 50, returnImmediately: true };

/** Has six tokens of a length, and gives as many of them as it is asked for. */
const giving =
  (length: number, asked: unknown[]): Answering =>
  (_, path, { maxEvents, ack }) => {
    if (path !== "/poll") return null;
    asked.push([maxEvents, ack]);
    const all = Array.from({ length: 6 }, (__, at) => [`set-${at}`, "x".repeat(length)] as const);
    return { status: 200, body: { sets: Object.fromEntries(all.slice(0, Number(maxEvents))) } };
  };

describe("a poll", () => {
  it("asks for half as many, and again, where the answer is too long, and tells anew what was taken", async () => {
    const asked: unknown[] = [];
    const { from, client } = await talking(giving(46_000, asked));
    const polled = await client.poll(`${from.issuer}/poll`, POLL);
    expect(polled.sets).toHaveLength(3);
    expect(polled.most).toBe(3);
    expect(asked).toEqual([50, 25, 12, 6, 3].map((most) => [most, ["before"]]));
  });

  it("takes the longest token that is looked at", async () => {
    const { from, client } = await talking(giving(65_536, []));
    expect((await client.poll(`${from.issuer}/poll`, { ...POLL, most: 1 })).sets).toHaveLength(1);
  });

  it("fails where one alone is too long", async () => {
    const asked: unknown[] = [];
    const { from, client } = await talking(giving(300_000, asked));
    await expect(client.poll(`${from.issuer}/poll`, POLL)).rejects.toThrow("an answer is too long");
    expect(asked).toHaveLength(6);
  });
});

describe("the keys of a transmitter", () => {
  const CONFIGURATION = "/.well-known/ssf-configuration";

  it("are looked for once where many ask at a time, and not again at once after a failure", async () => {
    let [now, asked] = [0, 0];
    const { client } = await talking(
      (_, path) => {
        if (path === CONFIGURATION) asked += 1;
        return { status: 500 };
      },
      () => now,
    );
    const failures = async (count: number): Promise<number> => {
      const all = await Promise.allSettled(Array.from({ length: count }, () => client.keys()));
      return all.filter(({ status }) => status === "rejected").length;
    };
    expect([await failures(20), asked]).toEqual([20, 1]);
    now = 1_999;
    expect([await failures(20), asked]).toEqual([20, 1]);
    now = 2_000;
    expect([await failures(20), asked]).toEqual([20, 2]);
  });

  it("that could not be read are not asked for again at once", async () => {
    let [now, asked] = [0, 0];
    const there = await talking(
      (_, path) => {
        const { issuer } = there.from;
        if (path === CONFIGURATION) return { status: 200, body: { issuer, jwks_uri: `${issuer}/keys` } };
        asked += 1;
        return { status: 500 };
      },
      () => now,
    );
    const keys = await there.client.keys();
    const look = async (): Promise<void> => {
      await expect(keys({ alg: "RS256", kid: "any" }, { payload: "", signature: "" })).rejects.toThrow();
    };
    await look();
    await look();
    expect(asked).toBe(1);
    now = 2_000;
    await look();
    expect(asked).toBe(2);
  });
});
