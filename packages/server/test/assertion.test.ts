import {
  type Instant,
  instant,
  makeId,
  milliseconds,
  type OptOutId,
  plus,
  type Session,
} from "@postern/core";
import type { Answer } from "@postern/service";
import { decodeJwt } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { type Assertions, createAssertions } from "../src/assertion.ts";

const START = instant(Date.UTC(2026, 10, 28, 9));
const id = (byte: number): Uint8Array => new Uint8Array(16).fill(byte);
const OPT_OUT: OptOutId = makeId("oo", id(9));

let privateKey: CryptoKey;

beforeAll(async () => {
  const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error("no key pair");
  privateKey = pair.privateKey;
});

/** A clock that is set by hand, and the keys and the bell of a node. */
function desk(): { assertions: Assertions; pass(seconds: number): void; changed(): void } {
  let passed = 0;
  const listeners = new Set<() => void>();
  const node = {
    assertionKey: () => ({ kid: "assertion/1", privateKey }),
    onChange(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const world = { wall: () => instant(START + passed), monotonic: () => passed };
  return {
    assertions: createAssertions({ node: node as never }, world, () => "https://postern.example"),
    pass(seconds: number): void {
      passed += seconds * 1000;
    },
    changed(): void {
      for (const listener of listeners) listener();
    },
  };
}

function session(seconds: number): Session {
  return {
    id: makeId("ses", id(1)),
    subject: makeId("sub", id(2)),
    device: null,
    acr: "aal1",
    amr: ["pwd"],
    authTime: START,
    startedAt: START,
    expiresAt: plus(START, milliseconds(seconds * 1000)),
    inactivityEndsAt: null,
    revokedAt: null,
    registeredBy: "shop",
  };
}

/** An answer as the service gives it, as far as an assertion reads it. */
function answer(of: { session: Session | null; endsAt?: string; at?: Instant }): Answer {
  const waived = of.endsAt === undefined ? [] : [{ optOut: OPT_OUT }];
  return {
    session: of.session,
    subject: of.session === null ? null : { type: "user", id: "ana" },
    decision: { waived },
    view: () => ({ endsAt: of.endsAt ?? null }),
    at: of.at ?? START,
  } as never;
}

describe("an assertion", () => {
  it("is handed out again until it is 20 seconds old", async () => {
    const { assertions, pass } = desk();
    const asked = answer({ session: session(3_600) });
    const first = await assertions.of(asked, "shop");
    pass(19);
    expect(assertions.of(asked, "shop")).toBe(first);
    pass(2);
    const next = await assertions.of(asked, "shop");
    expect(next).not.toBe(first);
    expect((decodeJwt(next).exp ?? 0) - (decodeJwt(next).iat ?? 0)).toBe(30);
  });

  it("is forgotten at once when anything was revoked", async () => {
    const { assertions, pass, changed } = desk();
    const asked = answer({ session: session(3_600) });
    const first = await assertions.of(asked, "shop");
    pass(1);
    changed();
    expect(await assertions.of(asked, "shop")).not.toBe(first);
  });

  it("that was being signed during a revocation is not kept", async () => {
    const { assertions, pass, changed } = desk();
    const asked = answer({ session: session(3_600) });
    const signing = assertions.of(asked, "shop");
    changed();
    const first = await signing;
    pass(1);
    expect(await assertions.of(asked, "shop")).not.toBe(first);
  });

  it("never outlives its session or the opt-out that was honoured", async () => {
    const { assertions, pass } = desk();
    const short = decodeJwt(await assertions.of(answer({ session: session(12) }), "shop"));
    expect((short.exp ?? 0) * 1000).toBe(START + 12_000);
    const endsAt = new Date(START + 7_000).toISOString();
    const honoured = answer({ session: session(3_600), endsAt });
    const text = await assertions.of(honoured, "shop");
    const claims = decodeJwt(text);
    expect([claims.opt_outs, (claims.exp ?? 0) * 1000]).toEqual([[OPT_OUT], START + 7_000]);
    pass(7);
    expect(assertions.of(honoured, "shop")).not.toBe(text);
  });

  it("differs by audience, session, assurance and opt-outs", async () => {
    const { assertions } = desk();
    const one = session(3_600);
    const texts = await Promise.all([
      assertions.of(answer({ session: one }), "shop"),
      assertions.of(answer({ session: one }), "other"),
      assertions.of(answer({ session: { ...one, acr: "aal2" } }), "shop"),
      assertions.of(answer({ session: one, endsAt: new Date(START + 60_000).toISOString() }), "shop"),
      assertions.of(answer({ session: null }), "shop"),
    ]);
    expect(new Set(texts).size).toBe(5);
  });

  it("vouches for nobody in a session that has ended", async () => {
    const { assertions, pass } = desk();
    pass(20);
    expect(decodeJwt(await assertions.of(answer({ session: session(12) }), "shop")).sub).toBeUndefined();
  });

  it("vouches for nobody in a session that has ended by control-plane time, whatever this machine's clock says", async () => {
    const { assertions } = desk();
    const late = answer({ session: session(12), at: plus(START, milliseconds(12_000)) });
    expect(decodeJwt(await assertions.of(late, "shop")).sub).toBeUndefined();
  });
});
