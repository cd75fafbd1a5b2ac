import { randomBytes } from "node:crypto";
import { type Instant, instant, type Session } from "@postern/core";
import {
  type Authenticators,
  createService,
  type FactorService,
  type Service,
  type SignedIn,
  type SignInService,
  type World,
} from "@postern/service";
import { openPostgresStore } from "@postern/store";
import { afterEach, describe, expect, it } from "vitest";
import { pretendedAuthenticators } from "../../src/deployment/pretended-authenticators.ts";
import { type Deployment, deployment, must } from "../../src/index.ts";
import { findPostgres } from "../../src/postgres/binaries.ts";
import { startPostgres } from "../../src/postgres/start-postgres.ts";
import { keptInMemory } from "../../src/world/kept-in-memory.ts";

const PASSWORD = "a long enough password";
const AIM = { wanted: "aal2", maxAge: null, network: "192.0.2.0/24", known: null, carry: "" } as const;

function parts({ signIn, factors }: Service): {
  readonly signIn: SignInService;
  readonly factors: FactorService;
} {
  if (signIn === null || factors === null) throw new Error("expected a service that signs people in");
  return { signIn, factors };
}

let shop: Deployment;
let authenticators: ReturnType<typeof pretendedAuthenticators>;
async function start(policy?: string): Promise<void> {
  authenticators = pretendedAuthenticators();
  shop = await deployment({ authenticators, ...(policy === undefined ? {} : { policy }) });
}
afterEach(async () => await shop.stop());

const step = (): string => String(Math.floor(shop.world.wall() / 30_000));

async function account(name: string, service: Service = shop.service): Promise<SignedIn> {
  const { factors } = parts(service);
  const { secret } = must(await factors.invite(shop.admin, { type: "user", id: name }));
  return must(await factors.acceptInvitation(secret, { password: PASSWORD }));
}

async function withCodeApp(name: string): Promise<Session> {
  const { factors } = parts(shop.service);
  const { session } = await account(name);
  must(factors.beginTotp(session));
  must(await factors.finishTotp(session, { code: step(), label: "phone" }));
  shop.world.pass(60_000);
  await shop.settle();
  return session;
}

async function upToCode(name: string, service: Service = shop.service): Promise<string> {
  const { signIn } = parts(service);
  const secret = signIn.begin(AIM, null);
  const more = must(await signIn.password(secret, { name, password: PASSWORD }));
  expect(more.kind).toBe("more");
  return secret;
}

describe("a proof", () => {
  it("is used up in the commit that opens the session, and stays so when the node starts anew", async () => {
    await start();
    await withCodeApp("ana");
    const code = step();
    const from = shop.service.ledger.size();
    must(await parts(shop.service).signIn.code(await upToCode("ana"), code));
    expect((await shop.entries(from)).map(({ type }) => type)).toEqual([
      "session.registered",
      "factor.used",
      "factor.used",
    ]);
    await shop.reopen();
    const again = await parts(shop.service).signIn.code(await upToCode("ana"), code);
    expect(again).toMatchObject({ ok: false, refusal: { code: "sign-in.wrong" } });
  });

  it("of a passkey whose counter went back is refused, and of one that never counts is not", async () => {
    await start();
    const { factors, signIn } = parts(shop.service);
    let { session } = await account("ana");
    const use = async (id: string, counter: number) => {
      const secret = signIn.begin(AIM, null);
      must(await signIn.passkeyRequest(secret));
      return (await signIn.passkey(secret, { id, counter, verified: true, bound: false })).ok;
    };
    for (const [at, id] of ["counts", "never-counts"].entries()) {
      if (at === 1) {
        const secret = signIn.begin(AIM, session);
        must(await signIn.passkeyRequest(secret));
        const up = must(
          await signIn.passkey(secret, { id: "counts", counter: 1, verified: true, bound: false }),
        );
        if (up.kind !== "done") throw new Error("expected to be signed in");
        session = up.signedIn.session;
      }
      must(await factors.beginPasskey(session));
      must(await factors.finishPasskey(session, { response: { id, bound: false }, label: id }));
    }
    expect([
      await use("counts", 5),
      await use("counts", 5),
      await use("counts", 4),
      await use("counts", 6),
    ]).toEqual([true, false, false, true]);
    expect([await use("never-counts", 0), await use("never-counts", 0)]).toEqual([true, true]);
  });

  it("of an unknown account costs the same as one of a wrong password", async () => {
    await start();
    await account("ana");
    const { signIn } = parts(shop.service);
    for (const name of ["ana", "nobody"])
      expect(await signIn.password(signIn.begin(AIM, null), { name, password: "wrong" })).toMatchObject({
        refusal: { code: "sign-in.wrong" },
      });
    expect(authenticators.asked).toEqual([`hash of ${PASSWORD}`, null]);
  });
});

describe("guessing", () => {
  it("gets no more tries by trying all at once", async () => {
    await start();
    await account("ana");
    const { signIn } = parts(shop.service);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        signIn.password(signIn.begin(AIM, null), { name: "ana", password: `guess ${at}` }),
      ),
    );
    const codes = answers.map((one) => (one.ok ? "in" : one.refusal.code));
    expect(codes.filter((code) => code === "sign-in.wrong")).toHaveLength(3);
    expect(codes.filter((code) => code === "sign-in.throttled")).toHaveLength(17);
  });

  it("is counted by network, and a busy network of people who sign in is not slowed", async () => {
    await start();
    await account("ana");
    const { signIn } = parts(shop.service);
    for (let people = 0; people < 120; people++)
      must(
        await signIn.password(signIn.begin({ ...AIM, wanted: "aal1" }, null), {
          name: "ana",
          password: PASSWORD,
        }),
      );
    for (let names = 0; names < 100; names++)
      await signIn.password(signIn.begin(AIM, null), { name: `name ${names}`, password: "spring is here" });
    const given = { name: "ana", password: PASSWORD };
    expect(await signIn.password(signIn.begin(AIM, null), given)).toMatchObject({
      refusal: { code: "sign-in.throttled" },
    });
    const elsewhere = signIn.begin({ ...AIM, network: "198.51.100.0/24" }, null);
    expect((await signIn.password(elsewhere, given)).ok).toBe(true);
  });
});

describe("what is kept of a factor", () => {
  it("is in no entry: neither its secret nor what it is found by", async () => {
    await start();
    await withCodeApp("ana");
    const text = JSON.stringify(await shop.entries());
    expect(text).toContain("factor.enrolled");
    for (const secret of ["hash of", "seed of", "phone", '"box"', '"blind"'])
      expect(text).not.toContain(secret);
  });

  it("goes with its person, and their name is free for somebody who knows none of it", async () => {
    await start();
    const before = await withCodeApp("ana");
    must(await shop.service.entities.delete(shop.admin, { type: "user", id: "ana" }));
    expect(parts(shop.service).factors.list(before)).toEqual([]);
    await shop.reopen();
    const { signIn } = parts(shop.service);
    const tried = await signIn.password(signIn.begin(AIM, null), { name: "ana", password: PASSWORD });
    expect(tried).toMatchObject({ ok: false, refusal: { code: "sign-in.wrong" } });
    expect((await account("ana")).session.subject).not.toBe(before.subject);
  });
});

describe("a changed password", () => {
  it("ends the other sessions of its person and leaves the one that changed it", async () => {
    await start();
    const { factors, signIn } = parts(shop.service);
    const first = await account("ana");
    const secret = signIn.begin({ ...AIM, wanted: "aal1" }, null);
    const second = must(await signIn.password(secret, { name: "ana", password: PASSWORD }));
    if (second.kind !== "done") throw new Error("expected to be signed in");
    must(await factors.setPassword(second.signedIn.session, "another long password"));
    const state = (session: Session): string | null => {
      const now = shop.service.sessions.byId(session.id);
      return now === null ? null : shop.service.sessions.stateOf(now);
    };
    expect([state(first.session), state(second.signedIn.session)]).toEqual(["revoked", "live"]);
    const old = await signIn.password(signIn.begin(AIM, null), { name: "ana", password: PASSWORD });
    expect(old.ok).toBe(false);
  });
});

describe("the level of a session", () => {
  it("sinks with time in every decision, while the record of what was done stays", async () => {
    await start(`
kind: SessionProfile
name: long
owner: web
overall: P20D
---
kind: Protection
name: reports
owner: web
mode: enforce
resources: ["route:/reports/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal2 }
`);
    await withCodeApp("ana");
    const done = must(await parts(shop.service).signIn.code(await upToCode("ana"), step()));
    if (done.kind !== "done") throw new Error("expected to be signed in");
    const { session } = done.signedIn;
    const ask = async (): Promise<string> =>
      (
        await shop.service.decisions.decide({
          subject: null,
          action: { name: "get" },
          resource: { type: "route", id: "/reports" },
          session,
          askedBy: "test",
        })
      ).decision.outcome;
    expect(await ask()).toBe("permit");
    shop.world.pass(25 * 3_600_000);
    await shop.settle();
    expect(await ask()).toBe("challenge");
    expect(shop.service.sessions.byId(session.id)?.acr).toBe("aal2");
  });
});

if (findPostgres() === null) it.skip("PostgreSQL not found: sign-in at several nodes was not tried");
else
  describe("two nodes over one database", () => {
    it("let one code open one session, whichever node is asked first", async () => {
      await start();
      const server = await startPostgres({ fsync: false });
      const url = await server.createDatabase();
      const world: World = {
        wall: (): Instant => instant(Date.now()),
        monotonic: () => performance.now(),
        random: (length) => new Uint8Array(randomBytes(length)),
        after(delay, run) {
          const timer = setTimeout(run, delay);
          return () => clearTimeout(timer);
        },
      };
      const open = async (made: Authenticators): Promise<Service> =>
        createService({
          world,
          store: await openPostgresStore({ url, world }),
          masterKey: new Uint8Array(32).fill(7),
          origin: "postern.test/ledger",
          keptHead: keptInMemory(),
          bootstrapSecret: "test-bootstrap-secret",
          authenticators: made,
        });
      const nodes = await Promise.all([open(pretendedAuthenticators()), open(pretendedAuthenticators())]);
      try {
        const [one, other] = nodes;
        const first = must(await one.tokens.bootstrap("test-bootstrap-secret", { type: "user", id: "olga" }));
        const token = one.tokens.bySecret(first.secret);
        if (token === null) throw new Error("expected a live token");
        const { factors } = parts(one);
        const { secret } = must(await factors.invite({ kind: "token", token }, { type: "user", id: "ana" }));
        const { session } = must(await factors.acceptInvitation(secret, { password: PASSWORD }));
        must(factors.beginTotp(session));
        const now = (): number => Math.floor(Date.now() / 30_000);
        must(await factors.finishTotp(session, { code: String(now() - 1), label: "" }));
        await other.node.fresh();
        const attempts = await Promise.all(nodes.map((node) => upToCode("ana", node)));
        const code = String(now());
        const answers = await Promise.all(
          nodes.map((node, at) => parts(node).signIn.code(attempts[at] ?? "", code)),
        );
        expect(answers.map(({ ok }) => ok).sort()).toEqual([false, true]);
      } finally {
        for (const node of nodes) await node.close();
        await server.stop();
      }
    });
  });
