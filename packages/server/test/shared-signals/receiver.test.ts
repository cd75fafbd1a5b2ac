import type { Instant } from "@postern/core";
import { readTransmitters } from "@postern/identity";
import type { Service, World } from "@postern/service";
import { afterEach, describe, expect, it } from "vitest";
import { createReceiver, type Receiver } from "../../src/shared-signals/receiver.ts";
import { AUDIENCE, type StrangeTransmitter, strangeTransmitter } from "./transmitter.ts";

const PUSH = "urn:ietf:rfc:8935";
const ENDPOINT = "https://postern.example/ssf/receive";
const REVOKED = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
const MINUTE = 60_000;

/** Time goes on when the test says so. */
function clockwork(): World & { pass(milliseconds: number): void } {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  return {
    wall: () => Date.now() as Instant,
    monotonic: () => now,
    random: (bytes) => new Uint8Array(bytes),
    after(delay, run) {
      const timer = { at: now + delay, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    pass(milliseconds) {
      now += milliseconds;
      for (const timer of [...timers]) if (timer.at <= now && timers.delete(timer)) timer.run();
    },
  };
}

const soon = async (holds: () => boolean): Promise<void> => {
  for (let tries = 0; tries < 300 && !holds(); tries++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(holds()).toBe(true);
};

interface There {
  readonly from: StrangeTransmitter;
  readonly receiver: Receiver;
  readonly world: ReturnType<typeof clockwork>;
  /** Method and path of every request, in order. */
  readonly asked: string[];
  /** States of the verifications that were asked for. */
  readonly states: string[];
  readonly changes: Readonly<Record<string, unknown>>[];
}

const open: There[] = [];
afterEach(async () => {
  for (const { receiver, from, world } of open.splice(0)) {
    const over = receiver.stop();
    world.pass(MINUTE);
    await over;
    await from.stop();
  }
});

async function listening(
  held: Readonly<Record<string, unknown>>,
  hasArrived: (state: string) => boolean = () => false,
): Promise<There> {
  const asked: string[] = [];
  const states: string[] = [];
  const changes: Readonly<Record<string, unknown>>[] = [];
  let stream: Readonly<Record<string, unknown>> = held;
  const from: StrangeTransmitter = await strangeTransmitter((method, path, body) => {
    asked.push(`${method} ${path}`);
    const { issuer } = from;
    if (path === "/.well-known/ssf-configuration")
      return {
        status: 200,
        body: {
          issuer,
          jwks_uri: `${issuer}/jwks.json`,
          configuration_endpoint: `${issuer}/streams`,
          verification_endpoint: `${issuer}/verify`,
        },
      };
    if (path === "/verify") {
      states.push(String(body.state));
      return { status: 204 };
    }
    if (path !== "/streams") return null;
    if (method === "PATCH") {
      changes.push(body);
      stream = { ...stream, ...body };
    }
    const told = { stream_id: "s-1", iss: issuer, aud: AUDIENCE, ...stream };
    return { status: method === "POST" ? 201 : 200, body: method === "GET" ? [told] : told };
  });
  const read = readTransmitters(
    JSON.stringify({
      transmitters: [
        {
          id: "partner",
          issuer: from.issuer,
          audience: AUDIENCE,
          delivery: "push",
          api_token: "opens",
          push_token: "agreed",
          events: ["session-revoked"],
        },
      ],
    }),
  );
  if (!read.ok) throw new Error(read.refusal);
  const service = {
    signals: {
      receive: async () => ({ ok: true, value: {} }),
      verifications: {
        arrived: async () => undefined,
        hasArrived: async (_: string, state: string) => hasArrived(state),
      },
    },
    accessRequests: { now: () => Date.now() as Instant },
  } as unknown as Pick<Service, "signals" | "accessRequests">;
  const world = clockwork();
  const quiet = { warn: () => undefined } as unknown as Parameters<typeof createReceiver>[1]["log"];
  const receiver = createReceiver(read.value, { service, world, log: quiet, endpoint: () => ENDPOINT });
  receiver.start();
  const there = { from, receiver, world, asked, states, changes };
  open.push(there);
  return there;
}

async function verify({ from, receiver }: There, state: string | undefined): Promise<number> {
  const events = { "https://schemas.openid.net/secevent/ssf/event-type/verification": { state } };
  const token = await from.sign(from.claims({ events, sub_id: { format: "opaque", id: "s-1" } }));
  return (await receiver.receive(token, "Bearer agreed")).status;
}

const AS_AGREED = {
  delivery: { method: PUSH, endpoint_url: ENDPOINT, authorization_header: "Bearer agreed" },
  events_requested: [REVOKED],
};

describe("a stream that is pushed to us", () => {
  it("is left as it is where it is as we ask for it", async () => {
    const there = await listening(AS_AGREED);
    await soon(() => there.states.length === 1);
    expect(there.changes).toEqual([]);
    expect(there.asked).not.toContain("POST /streams");
  });

  it.each([
    [
      "reaches another address",
      { delivery: { method: PUSH, endpoint_url: "https://postern.example/before" } },
    ],
    ["tells other events", { events_requested: [] }],
    ["does not say what it brings", { delivery: { method: PUSH, endpoint_url: ENDPOINT } }],
  ])("is brought up to date, and not made again, where it %s", async (_, other) => {
    const there = await listening({ ...AS_AGREED, ...other });
    await soon(() => there.states.length === 1);
    expect(there.changes).toEqual([{ stream_id: "s-1", ...AS_AGREED }]);
    expect(there.asked).not.toContain("POST /streams");
    expect(there.receiver.status()[0]).toMatchObject({ stream: "s-1", state: "connected" });
  });

  it("is in trouble while a verification that was asked for does not come, and is looked for again", async () => {
    const there = await listening(AS_AGREED);
    await soon(() => there.states.length === 1);
    for (let passed = 0; passed <= MINUTE && there.receiver.status()[0]?.trouble === null; passed += 5_000) {
      there.world.pass(5_000);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(there.receiver.status()[0]).toMatchObject({
      state: "connecting",
      trouble: "a verification that was asked for did not come",
    });
    there.world.pass(5_000);
    await soon(() => there.states.length === 2);
    expect(await verify(there, there.states[1])).toBe(202);
    await soon(() => there.receiver.status()[0]?.trouble === null);
    expect(there.receiver.status()[0]?.state).toBe("verified");
  });

  it("is asked again and again whether it still arrives", async () => {
    const there = await listening(AS_AGREED);
    await soon(() => there.states.length === 1);
    await verify(there, there.states[0]);
    await soon(() => there.receiver.status()[0]?.state === "verified");
    await new Promise((resolve) => setTimeout(resolve, 20));
    there.world.pass(15 * MINUTE);
    await soon(() => there.states.length === 2);
    expect(there.states[1]).not.toBe(there.states[0]);
  });

  it("counts as verified where what was asked for came to another node", async () => {
    const there = await listening(AS_AGREED, () => true);
    await soon(() => there.receiver.status()[0]?.state === "verified");
    expect(there.receiver.status()[0]?.trouble).toBeNull();
  });
});
