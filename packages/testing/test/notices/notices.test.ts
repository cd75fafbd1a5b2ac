import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Caller } from "@postern/service";
import {
  createService,
  type NoticeChannel,
  type NoticeMessage,
  type OptOutMessage,
  type Sent,
  type Service,
} from "@postern/service";
import { openSqliteStore } from "@postern/store";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keptInMemory, manualWorld, must } from "../../src/index.ts";
import { DAY, POLICY } from "../laws/shop.ts";

const BOOTSTRAP = "test-bootstrap-secret";
const HOUR = 3_600_000;
const WITH_MAIL = POLICY.replace(
  "  roles: { type: list, of: string, max: 20, source: entity }",
  "  roles: { type: list, of: string, max: 20, source: entity }\n  email: { type: string, source: entity }",
);

describe("notices", () => {
  const world = manualWorld();
  let keptHead = keptInMemory();
  let directory: string;
  let service: Service;
  let admin: Caller;
  let sent: OptOutMessage[];
  let hooked: OptOutMessage[];
  let answer: (message: NoticeMessage) => Sent;
  let told: string[];
  const channels: readonly NoticeChannel[] = [
    {
      name: "mail",
      each: true,
      send: async (message) => {
        if (message.kind !== "recovered") sent.push(message);
        return { kind: "delivered" };
      },
    },
    {
      name: "webhook",
      each: false,
      send: async (message) => {
        const said = answer(message);
        if (said.kind === "delivered" && message.kind !== "recovered") hooked.push(message);
        return said;
      },
    },
  ];

  const open = async (through: readonly NoticeChannel[] = channels): Promise<Service> =>
    createService({
      world,
      store: await openSqliteStore({ directory, world }),
      masterKey: new Uint8Array(32).fill(7),
      origin: "postern.test/ledger",
      keptHead,
      bootstrapSecret: BOOTSTRAP,
      notices: {
        channels: through,
        addressIn: "email",
        giveUpAfter: 14 * DAY,
        told: (detail) => told.push(detail),
      },
    });

  /** Lets time pass in steps that a node survives, with real time for its answers in between. */
  async function pass(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= DAY / 2) {
      world.pass(Math.min(left, DAY / 2));
      await settle();
    }
  }
  async function settle(): Promise<void> {
    for (let tries = 0, calm = 0; tries < 200 && calm < 10; tries++) {
      await sleep(12);
      // What was asked of the store before has been answered when this is.
      await service.notices.channels(admin);
      if (service.node.doubt() === null) calm += 1;
      world.pass(1_000);
    }
    await sleep(12);
  }
  const at = (later: number): string => new Date(world.wall() + later).toISOString();
  const callerOf = (secret: string): Caller => {
    const token = service.tokens.bySecret(secret);
    if (token === null) throw new Error("the token is unknown");
    return { kind: "token", token };
  };

  async function tokenFor(person: string | null): Promise<Caller> {
    const issued = must(
      await service.tokens.issue(admin, {
        label: person ?? "app",
        scopes:
          person === null ? ["sessions.register"] : ["opt-outs.request", "opt-outs.approve", "opt-outs.read"],
        maxAcr: "aal2",
        subjectTypes: ["user"],
        expiresAt: at(80 * DAY),
        ...(person === null ? {} : { person: { type: "user", id: person } }),
      }),
    );
    return callerOf(issued.secret);
  }
  async function session(person: string, app: Caller, acr: "aal1" | "aal2" = "aal2"): Promise<Caller> {
    const { session: made } = must(
      await service.sessions.register(app, {
        subject: { type: "user", id: person },
        acr,
        authTime: at(0),
        expiresAt: at(60 * DAY),
      }),
    );
    const found = service.sessions.byId(made.id);
    if (found === null) throw new Error("no session");
    return { kind: "session", session: found };
  }
  async function granted(caller: Caller, length?: string): Promise<string> {
    const { id } = must(
      await service.optOuts.request(caller, { offer: "own", ...(length === undefined ? {} : { length }) }),
    );
    const { hash } = must(await service.optOuts.disclosure(caller, id, ["en"]));
    must(await service.optOuts.consent(caller, id, { disclosure: hash, locale: "en" }));
    return id;
  }
  const kinds = (of: readonly OptOutMessage[], id: string): readonly string[] =>
    of
      .filter(({ optOut }) => optOut === id)
      .map(({ kind, cause }) => (cause === null ? kind : `${kind}: ${cause}`));

  let ana: Caller;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "postern-notices-"));
    keptHead = keptInMemory();
    [sent, hooked, told] = [[], [], []];
    answer = () => ({ kind: "delivered" });
    service = await open();
    const first = must(await service.tokens.bootstrap(BOOTSTRAP, { type: "user", id: "olga" }));
    admin = callerOf(first.secret);
    const published = must(await service.policy.publish(admin, [{ path: "p.yaml", text: WITH_MAIL }]));
    must(await service.policy.activate(admin, published.id));
    for (const id of ["ana", "ben"])
      must(
        await service.entities.put(
          admin,
          { type: "user", id },
          {
            attributes: { roles: ["staff"], email: `${id}@example.org` },
          },
        ),
      );
    must(await service.entities.put(admin, { type: "team", id: "reports-team" }, {}));
    await settle();
    ana = await session("ana", await tokenFor(null));
  });
  afterEach(async () => {
    await service.close();
    await rm(directory, { recursive: true, force: true });
  });

  it("tell a choice, half of its life where that is shorter, and its end, each once and in their order", async () => {
    const id = await granted(ana);
    await settle();
    expect(kinds(hooked, id)).toEqual(["granted"]);
    await pass(3.4 * DAY);
    expect(kinds(hooked, id)).toEqual(["granted"]);
    await pass(0.2 * DAY);
    expect(kinds(hooked, id)).toEqual(["granted", "ending"]);
    await pass(4 * DAY);
    expect(kinds(hooked, id)).toEqual(["granted", "ending", "ended: time"]);
    const to = sent.filter(({ optOut }) => optOut === id).map(({ to: one }) => [one?.as, one?.address]);
    expect(to.filter(([as]) => as === "holder")).toEqual(Array(3).fill(["holder", "ana@example.org"]));
    expect(to.filter(([as]) => as === "owner")).toHaveLength(3);
    expect(new Set(hooked.map(({ id: message }) => message)).size).toBe(hooked.length);
  });

  it("say who ended it: its person, or an operator", async () => {
    const own = await granted(ana, "PT2H");
    must(await service.optOuts.revoke(ana, own, {}));
    const operated = await granted(ana, "PT2H");
    must(await service.optOuts.revoke(await tokenFor("carl"), operated, {}));
    await settle();
    expect(kinds(hooked, own)).toEqual(["granted", "ended: person"]);
    expect(kinds(hooked, operated)).toEqual(["granted", "ended: operator"]);
  });

  it("are not lost by a restart, nor said twice by one", async () => {
    const id = await granted(ana, "PT2H");
    await service.close();
    world.pass(HOUR + 60_000);
    service = await open();
    await settle();
    expect(kinds(hooked, id)).toEqual(["granted", "ending"]);
    await service.close();
    service = await open();
    await settle();
    expect(kinds(hooked, id)).toEqual(["granted", "ending"]);
  });

  it("carry the same name when they are sent again after a failure", async () => {
    const id = await granted(ana, "PT2H");
    const tries: string[] = [];
    let calls = 0;
    answer = (message) => {
      tries.push(message.id);
      calls += 1;
      return calls < 3 ? { kind: "later", why: "away" } : { kind: "delivered" };
    };
    await settle();
    await pass(10 * 60_000);
    await pass(10 * 60_000);
    expect(kinds(hooked, id)).toEqual(["granted"]);
    expect(new Set(tries).size).toBe(1);
    expect(tries.length).toBeGreaterThanOrEqual(3);
    expect(told).toEqual(["notices by webhook do not arrive: away", "notices by webhook arrive again"]);
  });

  it("are sent again under the same name, over a restart, where nobody knows whether they arrived", async () => {
    const id = await granted(ana, "PT2H");
    let lost = true;
    answer = () => {
      if (lost) throw new Error("the connection was lost");
      return { kind: "delivered" };
    };
    // It was heard, and the answer did not come back.
    const heard: string[] = [];
    const before = answer;
    answer = (message) => {
      heard.push(message.id);
      return before(message);
    };
    await settle();
    await service.close();
    lost = false;
    world.pass(120_000);
    service = await open();
    await settle();
    expect(new Set(heard).size).toBe(1);
    expect(heard.length).toBeGreaterThanOrEqual(2);
    expect(kinds(hooked, id)).toEqual(["granted"]);
  });

  it("reach a receiver that was gone for a week once it is back, and others meanwhile", async () => {
    answer = () => ({ kind: "later", why: "away" });
    const id = await granted(ana);
    await pass(7.5 * DAY);
    expect(hooked).toEqual([]);
    expect(sent.filter(({ optOut, to }) => optOut === id && to?.as === "holder")).toHaveLength(3);
    const [, , webhook] = must(await service.notices.channels(admin));
    expect(webhook).toMatchObject({ channel: "webhook", why: "away", givenUp: 0 });
    expect(webhook?.failingSince).not.toBeNull();
    answer = () => ({ kind: "delivered" });
    await pass(DAY / 2);
    expect(kinds(hooked, id)).toEqual(["granted", "ending", "ended: time"]);
  });

  it("are given up by policy and not in silence, when a receiver stays away too long", async () => {
    answer = () => ({ kind: "later", why: "away" });
    const id = await granted(ana, "PT2H");
    await pass(15 * DAY);
    expect(told.filter((text) => text.startsWith("a notice by webhook was given up"))).toHaveLength(3);
    const entries = must(await service.ledger.entries(admin, 0, 1_000)).map(
      ({ entry }) =>
        JSON.parse(entry ?? "{}") as { readonly type: string; readonly data: { readonly optOut: string } },
    );
    expect(entries.filter(({ type, data }) => type === "notice.given-up" && data.optOut === id)).toHaveLength(
      3,
    );
    answer = () => ({ kind: "delivered" });
    await pass(HOUR * 2);
    expect(hooked).toEqual([]);
  });

  it("tell a person who was erased nothing, and others nothing of who it was", async () => {
    answer = () => ({ kind: "later", why: "away" });
    const id = await granted(ana);
    must(await service.entities.delete(admin, { type: "user", id: "ana" }));
    answer = () => ({ kind: "delivered" });
    sent = [];
    await pass(HOUR);
    expect(kinds(hooked, id)).toEqual(["granted", "ended: entity-deleted"]);
    expect(sent.filter(({ to }) => to?.as === "holder")).toEqual([]);
    expect(JSON.stringify([hooked, sent])).not.toContain("ana");
  });

  it("tell of unusual use once on its day", async () => {
    const id = await granted(ana);
    const weak = await session("ana", await tokenFor(null), "aal1");
    const use = () =>
      service.decisions.decide({
        subject: null,
        action: { name: "get" },
        resource: { type: "route", id: "/reports/a" },
        session: weak.kind === "session" ? weak.session : null,
        askedBy: "test",
      });
    await Promise.all(Array.from({ length: 1_100 }, use));
    await settle();
    expect(kinds(hooked, id)).toEqual(["granted", "unusual"]);
  });

  it("are read in the person's own inbox and in nobody else's", async () => {
    await granted(ana);
    await settle();
    const [message] = must(await service.notices.inbox(ana));
    expect(message).toMatchObject({ kind: "granted", as: "holder", read: false });
    const ben = await session("ben", await tokenFor(null));
    expect(must(await service.notices.inbox(ben))).toEqual([]);
    expect(await service.notices.markRead(ben, message?.id ?? "")).toMatchObject({
      ok: false,
      refusal: { code: "not_found" },
    });
    expect(must(await service.notices.inbox(ana))[0]?.read).toBe(false);
    must(await service.notices.markRead(ana, message?.id ?? ""));
    expect(must(await service.notices.inbox(ana))[0]?.read).toBe(true);
    expect(await service.notices.inbox(admin)).toMatchObject({
      ok: false,
      refusal: { code: "caller.scope" },
    });
  });

  it("of a channel that is new begin with what happens from then on", async () => {
    const before = await granted(ana, "PT5H");
    await settle();
    await service.close();
    const late: OptOutMessage[] = [];
    service = await open([
      {
        name: "late",
        each: false,
        send: async (message) => {
          if (message.kind !== "recovered") late.push(message);
          return { kind: "delivered" };
        },
      },
    ]);
    await settle();
    expect(late).toEqual([]);
    must(await service.optOuts.revoke(ana, before, {}));
    await settle();
    expect(kinds(late, before)).toEqual(["ended: person"]);
    expect(must(await service.notices.channels(admin)).map(({ channel }) => channel)).toEqual([
      "inbox",
      "late",
    ]);
  });
});
