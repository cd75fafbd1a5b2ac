import type { Caller, OutboundEvent } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { codeOf, openShop, type Shop } from "./shop.ts";

const DAY = 86_400_000;
const CAEP = "https://schemas.openid.net/secevent/caep/event-type";
const RISC = "https://schemas.openid.net/secevent/risc/event-type";

describe("a stream of what happens here", () => {
  let shop: Shop;
  let receiver: Caller;
  let id: string;

  beforeEach(async () => {
    shop = await openShop();
    receiver = await shop.node.token(["ssf.manage"], undefined);
    const made = must(
      await shop.node.service.streams.create(receiver, {
        delivery: { method: "poll" },
        requested: shop.node.service.streams.supported,
        description: null,
      }),
    );
    id = made.id;
  });
  afterEach(() => shop.node.stop());

  const poll = async (ack: readonly string[] = [], most = 100): Promise<readonly OutboundEvent[]> =>
    must(
      await shop.node.service.streams.poll(receiver, id, {
        ack,
        setErrs: [],
        most,
        returnImmediately: true,
        gone: () => false,
      }),
    ).events;
  const kinds = (events: readonly OutboundEvent[]): readonly string[] => events.map(({ uri }) => uri);
  const name = (person: string): { readonly type: string; readonly id: string } => ({
    type: "user",
    id: person,
  });

  it("tells under the same names until it was taken, after a crash and a day too", async () => {
    const ana = await shop.signIn("ana");
    must(await shop.node.service.sessions.revoke(shop.node.admin, ana.session.id));
    const first = await poll();
    expect(kinds(first)).toEqual([`${CAEP}/session-revoked`]);
    expect(first[0]?.about).toMatchObject({ user: ana.session.subject, session: ana.session.id });
    await shop.node.reopen();
    shop.node.world.pass(DAY);
    await shop.node.settle();
    const again = await poll();
    expect(again.map(({ jti, at }) => [jti, at])).toEqual(first.map(({ jti, at }) => [jti, at]));
    expect(await poll(first.map(({ jti }) => jti))).toEqual([]);
    await shop.node.reopen();
    expect(await poll()).toEqual([]);
  });

  it("tells in the order in which it happened, and goes on where it was", async () => {
    for (let count = 0; count < 5; count++) {
      const { session } = await shop.signIn("ana");
      must(await shop.node.service.sessions.revoke(shop.node.admin, session.id));
    }
    const all = await poll();
    expect(all.map(({ at }) => at)).toEqual([...all.map(({ at }) => at)].sort((a, b) => a - b));
    const [first, second, third] = all;
    expect((await poll([second?.jti ?? ""])).map(({ jti }) => jti)).toEqual(
      all.filter(({ jti }) => jti !== second?.jti).map(({ jti }) => jti),
    );
    expect((await poll([first?.jti ?? ""], 1)).map(({ jti }) => jti)).toEqual([third?.jti]);
  });

  it("tells who is disabled, enabled and gone", async () => {
    const { entities } = shop.node.service;
    must(await entities.put(shop.node.admin, name("bob"), {}));
    must(await entities.put(shop.node.admin, name("bob"), { states: { suspended: true } }));
    must(await entities.put(shop.node.admin, name("bob"), { states: { suspended: true }, attributes: {} }));
    must(await entities.put(shop.node.admin, name("bob"), { states: {} }));
    must(await entities.delete(shop.node.admin, name("bob")));
    expect(kinds(await poll())).toEqual([
      `${RISC}/account-disabled`,
      `${RISC}/account-enabled`,
      `${RISC}/account-purged`,
    ]);
  });

  it("tells that less is proved while a step-up is waived, and that it is not any more", async () => {
    const ana = await shop.signIn("ana");
    const optOut = await shop.ask(ana);
    must(await shop.consent(ana, optOut.id));
    must(await shop.node.service.optOuts.revoke(ana, optOut.id, {}));
    const told = await poll();
    expect(
      told.map(({ claims }) => [claims.change_direction, claims.previous_level, claims.current_level]),
    ).toEqual([
      ["decrease", "nist-aal2", "nist-aal1"],
      ["increase", "nist-aal1", "nist-aal2"],
    ]);
  });

  it("tells once that a waiver is over, though it was suspended first and revoked then", async () => {
    const ana = await shop.signIn("ana");
    const { optOuts } = shop.node.service;
    const optOut = await shop.ask(ana);
    must(await shop.consent(ana, optOut.id));
    must(await optOuts.suspend(shop.node.admin, optOut.id, {}));
    const before = must(
      await shop.node.service.streams.create(receiver, {
        delivery: { method: "poll" },
        requested: shop.node.service.streams.supported,
        description: null,
      }),
    );
    must(await optOuts.revoke(ana, optOut.id, {}));
    expect((await poll()).map(({ claims }) => claims.change_direction)).toEqual(["decrease", "increase"]);
    id = before.id;
    expect(await poll()).toEqual([]);
  });

  it("tells nothing of a waiver that had not begun", async () => {
    const ana = await shop.signIn("ana");
    const startsAt = new Date(shop.node.world.wall() + DAY).toISOString();
    const { optOuts } = shop.node.service;
    const asked = must(await optOuts.request(ana, { offer: "quick-reports", startsAt }));
    must(await shop.consent(ana, asked.id));
    must(await optOuts.revoke(ana, asked.id, {}));
    expect(await poll()).toEqual([]);
  });

  it("that is one too many is refused, and is in no record and no place", async () => {
    const { streams } = shop.node.service;
    const make = () =>
      streams.create(receiver, { delivery: { method: "poll" }, requested: [], description: null });
    for (let count = 1; count < 20; count++) must(await make());
    const refused = await make();
    expect(refused).toMatchObject({
      ok: false,
      refusal: { code: "stream.too_many", detail: expect.stringContaining("remove one of them first") },
    });
    const opened = async (): Promise<number> =>
      (await shop.node.entries()).filter(({ type }) => type === "stream.opened").length;
    expect([must(await streams.list(receiver)).length, await opened()]).toEqual([20, 20]);
    must(await streams.remove(receiver, id));
    must(await make());
    expect([must(await streams.list(receiver)).length, await opened()]).toEqual([20, 21]);
  });

  it("tells nothing of whom the receiver is not to know, nor under another's token", async () => {
    const { streams, sessions } = shop.node.service;
    must(await streams.setSubject(receiver, id, { format: "opaque", id: "nobody" }, true));
    const ana = await shop.signIn("ana");
    must(await streams.setSubject(receiver, id, { format: "opaque", id: "ana" }, false));
    must(await sessions.revoke(shop.node.admin, ana.session.id));
    expect(await poll()).toEqual([]);
    const other = await shop.node.token(["ssf.manage"], "amy");
    expect(codeOf(await streams.get(other, id))).toBe("not_found");
    const reader = await shop.node.token(["decide"], undefined);
    expect(codeOf(await streams.list(reader))).toBe("caller.scope");
  });

  it("that pushes keeps the order while its receiver is away for a day", async () => {
    const { streams, sessions } = shop.node.service;
    must(
      await streams.create(receiver, {
        delivery: { method: "push", endpoint: "https://receiver.example/events", authorization: null },
        requested: streams.supported,
        description: null,
      }),
    );
    let away = true;
    const got: string[] = [];
    const stop = streams.deliver(async (_, event) => {
      if (away) return { kind: "later", why: "it is away" };
      got.push(String(event.about?.session));
      return { kind: "accepted" };
    });
    const ended: string[] = [];
    for (let count = 0; count < 3; count++) {
      const { session } = await shop.signIn("ana");
      must(await sessions.revoke(shop.node.admin, session.id));
      ended.push(session.id);
    }
    shop.node.world.pass(DAY);
    await shop.node.settle();
    expect(got).toEqual([]);
    away = false;
    for (let tries = 0; tries < 100 && got.length < 3; tries++) {
      shop.node.world.pass(10_000);
      await shop.node.settle();
    }
    expect(got).toEqual(ended);
    const over = stop();
    shop.node.world.pass(5_000);
    await over;
  });
});

describe("what whoever runs it sees of streams", () => {
  it("is what waits, what fails and what was given up, and is for administrators alone", async () => {
    const shop = await openShop();
    const receiver = await shop.node.token(["ssf.manage"], undefined);
    const { streams, sessions } = shop.node.service;
    must(
      await streams.create(receiver, {
        delivery: { method: "push", endpoint: "https://receiver.example/events", authorization: "secret" },
        requested: streams.supported,
        description: null,
      }),
    );
    const answers = ["refused", "later"] as const;
    let sent = 0;
    const stop = streams.deliver(async () => {
      const kind = answers[Math.min(sent++, 1)] ?? "later";
      return { kind, why: "it is away" };
    });
    for (let count = 0; count < 3; count++)
      must(await sessions.revoke(shop.node.admin, (await shop.signIn("ana")).session.id));
    for (let tries = 0; tries < 100 && sent < 2; tries++) {
      shop.node.world.pass(3_000);
      await shop.node.settle();
    }
    const [standing] = must(await streams.standing(shop.node.admin));
    expect(standing).toMatchObject({
      method: "push",
      status: "enabled",
      backlog: 2,
      backlogMore: false,
      trouble: "it is away",
      givenUp: 1,
    });
    expect(JSON.stringify(standing)).not.toContain("secret");
    expect(await streams.counts()).toMatchObject({ enabled: 1, inTrouble: 1, givenUp: 1 });
    expect((await streams.counts()).entriesBehind).toBeGreaterThan(0);
    expect(codeOf(await streams.standing(receiver))).toBe("caller.scope");
    const over = stop();
    shop.node.world.pass(5_000);
    await over;
    await shop.node.stop();
  });
});
