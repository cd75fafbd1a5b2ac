import type { Caller, OutboundEvent } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { codeOf, openShop, type Shop } from "./shop.ts";

type Receiver = Extract<Caller, { readonly kind: "token" }>;

let shop: Shop;
const stops: (() => Promise<void>)[] = [];
beforeEach(async () => {
  shop = await openShop();
});
afterEach(async () => {
  const over = Promise.all(stops.splice(0).map((stop) => stop()));
  shop.node.world.pass(5_000);
  await over;
  await shop.node.stop();
});

const receiver = async (subjectTypes: readonly string[] = ["user"], person?: string): Promise<Receiver> => {
  const caller = await shop.node.token(["ssf.manage"], person, { subjectTypes });
  if (caller.kind !== "token") throw new Error("it is a token");
  return caller;
};
const revoke = async ({ token }: Receiver): Promise<void> => {
  must(await shop.node.service.tokens.revoke(shop.node.admin, token.id));
};
const open = async (by: Caller, endpoint: string | null = null): Promise<string> => {
  const { streams } = shop.node.service;
  const delivery =
    endpoint === null
      ? { method: "poll" as const }
      : { method: "push" as const, endpoint, authorization: null };
  return must(await streams.create(by, { delivery, requested: streams.supported, description: null })).id;
};
const end = async (): Promise<string> => {
  const { session } = await shop.signIn("ana");
  must(await shop.node.service.sessions.revoke(shop.node.admin, session.id));
  return session.id;
};
const poll = (by: Caller, id: string, ack: readonly string[] = []) =>
  shop.node.service.streams.poll(by, id, {
    ack,
    setErrs: [],
    most: 100,
    returnImmediately: true,
    gone: () => false,
  });
const told = (events: readonly OutboundEvent[]): readonly unknown[] =>
  events.map(({ about }) => about?.session);
const goOn = async (until: () => boolean, tries = 60): Promise<void> => {
  for (let count = 0; count < tries && !until(); count++) {
    shop.node.world.pass(3_000);
    await shop.node.settle();
  }
};

describe("a stream", () => {
  it("has one live token at a time, be it live or waiting", async () => {
    const first = await receiver();
    const issue = (scopes: readonly ("ssf.read" | "decide")[]) =>
      shop.node.service.tokens.issue(shop.node.admin, {
        label: first.token.label,
        scopes,
        expiresAt: new Date(shop.node.world.wall() + 86_400_000).toISOString(),
      });
    expect(codeOf(await issue(["ssf.read"]))).toBe("token.label");
    must(await issue(["decide"]));
    await revoke(first);
    must(await issue(["ssf.read"]));
  });

  it("is told to nobody once its token is revoked, and to the next one of its label from where it stood", async () => {
    const first = await receiver();
    const id = await open(first);
    await revoke(first);
    const ended = await end();
    expect(codeOf(await poll(first, id))).toBe("not_found");
    const [standing] = must(await shop.node.service.streams.standing(shop.node.admin));
    expect(standing?.trouble).toContain("no live token");
    expect(await shop.node.service.streams.counts()).toMatchObject({ inTrouble: 1 });
    expect(told(must(await poll(await receiver(), id)).events)).toEqual([ended]);
  });

  it("is no other token's, whatever its label, where that may not know of all whom it tells of", async () => {
    const first = await receiver();
    const id = await open(first);
    await end();
    await revoke(first);
    const { streams } = shop.node.service;
    for (const types of [["robot"], []]) {
      const other = await receiver(types);
      expect(codeOf(await poll(other, id))).toBe("not_found");
      expect(codeOf(await streams.get(other, id))).toBe("not_found");
      expect(must(await streams.list(other))).toEqual([]);
      await revoke(other);
    }
  });

  it("of added people is no token's that may not know of them", async () => {
    await shop.signIn("ana");
    const first = await receiver([]);
    const id = await open(first);
    const { streams } = shop.node.service;
    must(await streams.setSubject(first, id, { format: "opaque", id: "ana" }, true));
    await revoke(first);
    const other = await receiver(["robot"]);
    expect(codeOf(await poll(other, id))).toBe("not_found");
    await revoke(other);
    must(await poll(await receiver([]), id));
  });

  it("tells under the name that was given, of which nothing else is kept, until its subject is erased", async () => {
    const first = await receiver([]);
    const id = await open(first);
    await shop.signIn("ana");
    const name = { format: "opaque", id: "ana" };
    const { streams, entities } = shop.node.service;
    must(await streams.setSubject(first, id, { ...name, more: "x".repeat(10_000) }, true));
    const ended = await end();
    const before = must(await poll(first, id)).events;
    expect(before.map(({ about }) => [about?.session, about?.userAs])).toEqual([[ended, name]]);
    must(await entities.delete(shop.node.admin, { type: "user", id: "ana" }));
    const after = must(await poll(first, id)).events;
    expect(after.at(-1)?.uri).toMatch(/account-purged$/);
    for (const { about } of after) expect(about?.userAs).toBeUndefined();
  });

  it("is polled by its receiver alone: an administrator acknowledges nothing, and makes none", async () => {
    const id = await open(await receiver());
    const { admin } = shop.node;
    expect(codeOf(await poll(admin, id))).toBe("not_found");
    must(await shop.node.service.streams.get(admin, id));
    const given = { delivery: { method: "poll" as const }, requested: [], description: null };
    expect(codeOf(await shop.node.service.streams.create(admin, given))).toBe("caller.scope");
    must(await shop.node.service.streams.remove(admin, id));
  });
});

describe("a stream that is pushed", () => {
  it("ends with its token, and goes on with the next one of its label", async () => {
    const first = await receiver();
    await open(first, "https://receiver.example/events");
    const got: unknown[] = [];
    stops.push(
      shop.node.service.streams.deliver(async (_, { about }) => {
        got.push(about?.session);
        return { kind: "accepted" };
      }),
    );
    const before = await end();
    await goOn(() => got.length > 0);
    await revoke(first);
    const after = await end();
    await goOn(() => false, 5);
    expect(got).toEqual([before]);
    await receiver();
    await goOn(() => got.length > 1);
    expect(got).toEqual([before, after]);
  });

  it("does not wait for another receiver, and is sent nothing more once it is removed", async () => {
    const [slow, quick] = [await receiver(), await receiver(["user"], "amy")];
    const id = await open(slow, "https://slow.example/events");
    await open(quick, "https://quick.example/events");
    const got: Record<string, unknown[]> = { slow: [], quick: [] };
    let answer = (): void => undefined;
    stops.push(
      shop.node.service.streams.deliver(async ({ endpoint }, { about }) => {
        const name = new URL(endpoint).hostname.split(".")[0] ?? "";
        got[name]?.push(about?.session);
        if (name === "slow") await new Promise<void>((resolve) => (answer = resolve));
        return { kind: "accepted" };
      }),
    );
    const ended = [await end(), await end(), await end()];
    await goOn(() => got.quick?.length === 3);
    expect(got).toEqual({ slow: ended.slice(0, 1), quick: ended });
    must(await shop.node.service.streams.remove(slow, id));
    answer();
    await goOn(() => false, 5);
    expect(got.slow).toEqual(ended.slice(0, 1));
  });

  it("is sent nothing more once it is paused, and what is left to where it was agreed last", async () => {
    const by = await receiver();
    const id = await open(by, "https://before.example/events");
    const { streams } = shop.node.service;
    const [first, second] = [await end(), await end()];
    const got: unknown[][] = [];
    let answer = (): void => undefined;
    stops.push(
      streams.deliver(async ({ endpoint }, { uri, about }) => {
        if (!uri.endsWith("session-revoked")) return { kind: "accepted" };
        got.push([new URL(endpoint).hostname, about?.session]);
        if (got.length === 1) await new Promise<void>((resolve) => (answer = resolve));
        return { kind: "accepted" };
      }),
    );
    await goOn(() => got.length === 1);
    must(await streams.setStatus(by, id, "paused", null));
    const delivery = {
      method: "push" as const,
      endpoint: "https://after.example/events",
      authorization: null,
    };
    must(await streams.update(by, id, { delivery }));
    answer();
    await goOn(() => false, 5);
    expect(got).toEqual([["before.example", first]]);
    must(await streams.setStatus(by, id, "enabled", null));
    await goOn(() => got.length === 2);
    expect(got.slice(1)).toEqual([["after.example", second]]);
  });
});
