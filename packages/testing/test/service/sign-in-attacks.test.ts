import type { Session } from "@postern/core";
import type { FactorService, SignInService } from "@postern/service";
import { afterEach, describe, expect, it } from "vitest";
import { pretendedAuthenticators } from "../../src/deployment/pretended-authenticators.ts";
import { type Deployment, deployment, must } from "../../src/index.ts";

const PASSWORD = "a long enough password";
const AIM = { wanted: "aal2", maxAge: null, network: "192.0.2.0/24", known: null, carry: "" } as const;

let shop: Deployment;
let factors: FactorService;
let signIn: SignInService;
/** What the next look at a password waits for, and what it answers where it was not looked at. */
let hashing: Promise<void> | null = null;
let busy = false;

async function start(): Promise<void> {
  const authenticators = pretendedAuthenticators();
  const { matches } = authenticators.passwords;
  shop = await deployment({
    authenticators: {
      ...authenticators,
      passwords: {
        ...authenticators.passwords,
        async matches(hash, password) {
          const waits = hashing;
          hashing = null;
          await waits;
          return busy ? null : await matches(hash, password);
        },
      },
    },
  });
  if (shop.service.factors === null || shop.service.signIn === null)
    throw new Error("expected a service that signs people in");
  ({ factors, signIn } = shop.service);
}
afterEach(async () => {
  hashing = null;
  busy = false;
  await shop.stop();
});

const step = (): string => String(Math.floor(shop.world.wall() / 30_000));

async function account(id: string): Promise<Session> {
  const { secret } = must(await factors.invite(shop.admin, { type: "user", id }));
  return must(await factors.acceptInvitation(secret, { password: PASSWORD })).session;
}
async function withCodeApp(id: string): Promise<Session> {
  const session = await account(id);
  must(factors.beginTotp(session));
  const done = must(await factors.finishTotp(session, { code: step(), label: "" }));
  shop.world.pass(60_000);
  await shop.settle();
  return done.session;
}
const suspend = async (id: string) =>
  must(await shop.service.entities.put(shop.admin, { type: "user", id }, { states: { suspended: true } }));
const answers = (id: string) => ({ id, counter: 0, verified: true, bound: false });

describe("an attempt to sign in", () => {
  it("never lends one person's second factor to another, however the answers cross", async () => {
    await start();
    await withCodeApp("victim");
    const mallory = await account("mallory");
    must(await factors.beginPasskey(mallory));
    must(await factors.finishPasskey(mallory, { response: { id: "mallory-key", bound: false }, label: "" }));
    const attempt = signIn.begin(AIM, null);
    must(await signIn.passkeyRequest(attempt));
    let go = (): void => undefined;
    hashing = new Promise((resolve) => {
      go = resolve;
    });
    const victims = signIn.password(attempt, { name: "victim", password: PASSWORD });
    const mallorys = must(await signIn.passkey(attempt, answers("mallory-key")));
    if (mallorys.kind !== "done") throw new Error("expected the honest twin to be signed in");
    expect(shop.service.sessions.subjectOf(mallorys.signedIn.session)?.id).toBe("mallory");
    go();
    expect(await victims).toMatchObject({ ok: false, refusal: { code: "sign-in.ended" } });
  });

  it("shows a form that was sent twice where the first one led", async () => {
    await start();
    await withCodeApp("ana");
    const attempt = signIn.begin(AIM, null);
    const both = await Promise.all(
      [0, 1].map(() => signIn.password(attempt, { name: "ana", password: PASSWORD })),
    );
    expect(both.map((one) => must(one).kind)).toEqual(["more", "more"]);
    expect(must(await signIn.code(attempt, step())).kind).toBe("done");
  });

  it("gives whoever knows the password no endless tries at the code", async () => {
    await start();
    await withCodeApp("victim");
    const one = must(
      await signIn.password(signIn.begin({ ...AIM, wanted: "aal1" }, null), {
        name: "victim",
        password: PASSWORD,
      }),
    );
    if (one.kind !== "done") throw new Error("expected to be signed in");
    expect(one.signedIn.known).toBeNull();
    let tried = 0;
    for (let round = 0; round < 60; round++) {
      const attempt = signIn.begin(AIM, one.signedIn.session);
      if (!(await signIn.password(attempt, { name: "", password: PASSWORD })).ok) continue;
      for (let at = 0; at < 2; at++) {
        const answer = await signIn.code(attempt, "999");
        if (!answer.ok && answer.refusal.code === "sign-in.wrong") tried += 1;
      }
    }
    expect(tried).toBeLessThanOrEqual(3);
  });

  it("tells a device again on which all that the account can reach was proved", async () => {
    await start();
    await withCodeApp("ana");
    const attempt = signIn.begin(AIM, null);
    must(await signIn.password(attempt, { name: "ana", password: PASSWORD }));
    const done = must(await signIn.code(attempt, step()));
    expect(done).toMatchObject({ kind: "done", signedIn: { known: expect.any(String) } });
  });

  it("outlives strangers who only open the page", async () => {
    await start();
    const own = signIn.begin(AIM, null);
    for (let at = 0; at < 50_001; at++) signIn.begin({ ...AIM, network: "203.0.113.0/24" }, null);
    expect(signIn.find(own)).not.toBeNull();
  });

  it("that was not looked at, since too many were waiting, slows nobody down", async () => {
    await start();
    await account("ana");
    const attempt = signIn.begin({ ...AIM, wanted: "aal1" }, null);
    busy = true;
    for (let at = 0; at < 10; at++)
      expect(await signIn.password(attempt, { name: "ana", password: PASSWORD })).toMatchObject({
        refusal: { code: "busy" },
      });
    busy = false;
    expect(must(await signIn.password(attempt, { name: "ana", password: PASSWORD })).kind).toBe("done");
  });
});

describe("an account that is out of use", () => {
  it("has no session any more, and nobody signs in to it or takes it by an invitation", async () => {
    await start();
    const session = await account("ana");
    await suspend("ana");
    expect(shop.service.sessions.byId(session.id)).toMatchObject({ revokedAt: expect.any(Number) });
    const attempt = signIn.begin({ ...AIM, wanted: "aal1" }, null);
    expect(await signIn.password(attempt, { name: "ana", password: PASSWORD })).toMatchObject({
      refusal: { code: "sign-in.wrong" },
    });
    const { secret } = must(await factors.invite(shop.admin, { type: "user", id: "ben" }));
    await suspend("ben");
    expect((await factors.acceptInvitation(secret, { password: PASSWORD })).ok).toBe(false);
  });
});

describe("a way to sign in that was lost", () => {
  it("signs out whoever has it, once its person removes it", async () => {
    await start();
    const first = await account("ana");
    must(await factors.beginPasskey(first));
    must(await factors.finishPasskey(first, { response: { id: "lost", bound: false }, label: "lost" }));
    const enter = async (id: string): Promise<Session> => {
      const attempt = signIn.begin(AIM, null);
      must(await signIn.passkeyRequest(attempt));
      const done = must(await signIn.passkey(attempt, answers(id)));
      if (done.kind !== "done") throw new Error("expected to be signed in");
      return done.signedIn.session;
    };
    const own = await enter("lost");
    must(await factors.beginPasskey(own));
    must(await factors.finishPasskey(own, { response: { id: "kept", bound: false }, label: "kept" }));
    const [thief, mine] = [await enter("lost"), await enter("kept")];
    const lost = factors.list(mine).find(({ label }) => label === "lost")?.id ?? "";
    must(await factors.remove(mine, lost));
    const ends = [thief, mine].map(({ id }) => shop.service.sessions.byId(id)?.revokedAt ?? null);
    expect(ends).toEqual([expect.any(Number), null]);
  });
});
