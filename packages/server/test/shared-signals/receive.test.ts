import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { POLICY } from "../fixture/policy.ts";
import { type TestPostern, testPostern } from "../fixture/running.ts";
import { AUDIENCE, type StrangeTransmitter, strangeTransmitter } from "./transmitter.ts";

const RULES = `kind: SignalRule
name: high-risk
owner: security
mode: enforce
signals: [risk-level-change, session-revoked]
from: [partner]
suspend: { all: true }
endSessions: named
resume: { person: true }
`;

const CAEP = "https://schemas.openid.net/secevent/caep/event-type";

describe("a security event that is pushed", () => {
  let from: StrangeTransmitter;
  let postern: TestPostern;
  let registrar: string;
  const push = async (
    token: string,
    authorization = "Bearer agreed",
  ): Promise<{ readonly status: number; readonly err: string | null }> => {
    const answer = await fetch(`${postern.url}/ssf/receive`, {
      method: "POST",
      headers: { "content-type": "application/secevent+jwt", accept: "application/json", authorization },
      body: token,
    });
    const text = await answer.text();
    return { status: answer.status, err: text === "" ? null : (JSON.parse(text) as { err: string }).err };
  };
  const signIn = async (id = "ana"): Promise<string> => {
    const made = await postern.call("POST", "/v1/sessions", {
      token: registrar,
      body: {
        subject: { type: "user", id },
        acr: "aal1",
        authTime: new Date().toISOString(),
        expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      },
    });
    return made.json.session.id;
  };
  const stateOf = async (id: string): Promise<string> => {
    const { json } = await postern.call("GET", "/v1/sessions", { token: postern.admin });
    return json.items.find((one: { readonly id: string }) => one.id === id).state;
  };

  beforeAll(async () => {
    from = await strangeTransmitter();
    const file = join(tmpdir(), `postern-transmitters-${process.pid}.json`);
    writeFileSync(
      file,
      JSON.stringify({
        transmitters: [
          {
            id: "partner",
            issuer: from.issuer,
            audience: AUDIENCE,
            jwks_uri: `${from.issuer}/jwks.json`,
            subject_types: ["user"],
            push_token: "agreed",
          },
        ],
      }),
    );
    postern = await testPostern({ signalTransmitters: file }, { ...POLICY, "signals.yaml": RULES });
    registrar = await postern.token(["sessions.register"], {
      maxAcr: "aal2",
      subjectTypes: ["user", "robot"],
    });
  }, 60_000);
  afterAll(async () => {
    await postern.stop();
    await from.stop();
  });

  it("is in force when it is answered, and once however often it comes", async () => {
    const session = await signIn();
    const token = await from.sign(from.claims());
    expect(await push(token)).toEqual({ status: 202, err: null });
    expect(await stateOf(session)).toBe("revoked");
    const fresh = await signIn();
    expect((await push(token)).status).toBe(202);
    expect(await stateOf(fresh)).toBe("live");
  });

  it("ends the session that it names alone", async () => {
    const [one, other] = [await signIn(), await signIn()];
    const claims = from.claims({
      sub_id: {
        format: "complex",
        user: { format: "opaque", id: "ana" },
        session: { format: "opaque", id: one },
      },
      events: { [`${CAEP}/session-revoked`]: {} },
    });
    expect((await push(await from.sign(claims))).status).toBe(202);
    expect([await stateOf(one), await stateOf(other)]).toEqual(["revoked", "live"]);
  });

  it("ends nothing of a subject outside the remit of its transmitter", async () => {
    const session = await signIn("bob");
    const made = await postern.call("POST", "/v1/sessions", {
      token: registrar,
      body: {
        subject: { type: "user", id: "carl" },
        acr: "aal1",
        authTime: new Date().toISOString(),
        expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      },
    });
    const claims = from.claims({
      sub_id: {
        format: "complex",
        user: { format: "opaque", id: "carl" },
        session: { format: "opaque", id: session },
      },
      events: { [`${CAEP}/session-revoked`]: {} },
    });
    expect((await push(await from.sign(claims))).status).toBe(202);
    expect(await stateOf(session)).toBe("live");
    expect(await stateOf(made.json.session.id)).toBe("live");
  });

  it("ends nothing in place of a session or a device that nobody here knows", async () => {
    const session = await signIn();
    for (const named of ["session", "device"]) {
      const claims = from.claims({
        sub_id: {
          format: "complex",
          user: { format: "opaque", id: "ana" },
          [named]: { format: "opaque", id: "elsewhere" },
        },
        events: { [`${CAEP}/session-revoked`]: {} },
      });
      expect((await push(await from.sign(claims))).status).toBe(202);
    }
    expect(await stateOf(session)).toBe("live");
  });

  it("of the risk of a tenant is held against nobody whom it names beside", async () => {
    const session = await signIn();
    const risk = { principal: "TENANT", current_level: "HIGH" };
    const claims = from.claims({ events: { [`${CAEP}/risk-level-change`]: risk } });
    expect(await push(await from.sign(claims))).toEqual({ status: 400, err: "invalid_request" });
    expect(await stateOf(session)).toBe("live");
  });

  it.each([
    ["with a `sub`", { sub: "ana" }, {}, "invalid_request"],
    ["with an `exp`", { exp: 4_102_444_800 }, {}, "invalid_request"],
    ["without a `typ`", {}, { typ: undefined }, "invalid_request"],
    ["of the type of another token", {}, { typ: "at+jwt" }, "invalid_request"],
    ["for another audience", { aud: "https://elsewhere.example" }, {}, "invalid_audience"],
    ["from the future", { iat: 4_102_444_800 }, {}, "invalid_request"],
    ["of last year", { iat: 1_735_000_000 }, {}, "invalid_request"],
    ["with a time that is a text", { iat: "1795000000" }, {}, "invalid_request"],
    ["with an embedded key", {}, { jwk: { kty: "RSA" } }, "invalid_key"],
    ["with the address of a key", {}, { jku: "https://evil.example/jwks" }, "invalid_key"],
    ["under a key that nobody publishes", {}, { kid: "unknown" }, "invalid_key"],
    ["without a subject", { sub_id: undefined }, {}, "invalid_request"],
    ["with no event", { events: {} }, {}, "invalid_request"],
    [
      "with two events",
      { events: { [`${CAEP}/session-revoked`]: {}, [`${CAEP}/session-presented`]: {} } },
      {},
      "invalid_request",
    ],
    [
      "with a level that is no word of CAEP",
      { events: { [`${CAEP}/risk-level-change`]: { current_level: 99 } } },
      {},
      "invalid_request",
    ],
  ] as const)("%s is refused and ends nothing", async (_, claims, header, err) => {
    const session = await signIn();
    const token = await from.sign(from.claims(claims), header);
    // Where its key is not known, its keys are looked at once more before that is said.
    let answer = await push(token);
    for (let tries = 0; tries < 60 && answer.status === 503; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      answer = await push(token);
    }
    expect(answer).toEqual({ status: 400, err });
    expect(await stateOf(session)).toBe("live");
  });

  it.each([
    ["a number beyond what can be counted", '"x":1e999'],
    ["half of a character", '"x":"\\ud800"'],
    ["a name that is written twice", '"current_level":"LOW"'],
    ["a name that reaches prototypes", '"__proto__":{"current_level":"LOW"}'],
    ["more levels than anybody needs", `"x":${"[".repeat(40)}${"]".repeat(40)}`],
  ])("with %s is refused for good and ends nothing", async (_, said) => {
    const session = await signIn();
    const event = '"current_level":"HIGH"';
    const text = JSON.stringify(from.claims()).replace(event, `${event},${said}`);
    expect(text).toContain(said);
    expect(await push(await from.signText(text))).toEqual({ status: 400, err: "invalid_request" });
    expect(await stateOf(session)).toBe("live");
  });

  it("is refused where anybody could have made it", async () => {
    const claims = from.claims();
    const stranger = await generateKeyPair("RS256");
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: "RS256", typ: "secevent+jwt", kid: "key-1" })
      .sign(stranger.privateKey);
    expect(await push(forged)).toEqual({ status: 400, err: "authentication_failed" });
    const shared = await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256", typ: "secevent+jwt" })
      .sign(new TextEncoder().encode("0123456789abcdef0123456789abcdef"));
    expect(await push(shared)).toEqual({ status: 400, err: "invalid_key" });
    expect(await push(new UnsecuredJWT(claims).encode())).toEqual({ status: 400, err: "invalid_key" });
    expect(await push("not a token")).toEqual({ status: 400, err: "invalid_request" });
    const elsewhere = await from.sign(from.claims({ iss: "https://nobody.example" }));
    expect(await push(elsewhere)).toEqual({ status: 400, err: "invalid_issuer" });
    expect(await push(await from.sign(from.claims()), "Bearer guessed")).toEqual({
      status: 400,
      err: "authentication_failed",
    });
  });

  it("is believed under a key that came by rotation, and a flood of unknown keys asks for few", async () => {
    const session = await signIn();
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await from.rotate();
    expect((await push(await from.sign(from.claims()))).status).toBe(202);
    expect(await stateOf(session)).toBe("revoked");
    const before = from.asked();
    for (let count = 0; count < 50; count++)
      await push(await from.sign(from.claims(), { kid: `made-up-${count}` }));
    expect(from.asked() - before).toBeLessThan(5);
  });

  it("under a key that was published moments after the last look is to come again, and is taken then", async () => {
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await from.rotate();
    expect((await push(await from.sign(from.claims()))).status).toBe(202);
    await from.rotate();
    const token = await from.sign(from.claims());
    expect((await push(token)).status).toBe(503);
    await expect.poll(async () => (await push(token)).status, { timeout: 5_000 }).toBe(202);
  });

  it("is refused by its receiver in no more names than a poll has room for", async () => {
    const token = await postern.token(["ssf.manage"], { label: "poller", subjectTypes: ["user"] });
    const made = await postern.call("POST", "/ssf/streams", {
      token,
      body: { delivery: { method: "urn:ietf:rfc:8936" } },
    });
    const poll = async (names: readonly string[]): Promise<number> => {
      const setErrs = Object.fromEntries(names.map((name) => [name, { err: "invalid_key" }]));
      const body = { returnImmediately: true, setErrs };
      return (await postern.call("POST", `/ssf/streams/${made.json.stream_id}/poll`, { token, body })).status;
    };
    expect(await poll(["one"])).toBe(200);
    expect(await poll(["x".repeat(257)])).toBe(422);
    expect(await poll(Array.from({ length: 1_001 }, (_, at) => `set-${at}`))).toBe(422);
  });

  it("speaks alone for its source: no token sends one in the name of a transmitter", async () => {
    const token = await postern.token(["signals.write"], {
      resources: ["signal:partner"],
      subjectTypes: ["user"],
    });
    const answer = await postern.call("POST", "/v1/signals", {
      token,
      body: {
        specversion: "1.0",
        id: "1",
        source: "partner",
        type: "risk-level-change",
        subject: "user:ana",
        time: new Date().toISOString(),
        data: { current_level: "LOW" },
      },
    });
    expect([answer.status, answer.json.code]).toEqual([403, "signal.source"]);
  });

  it("about nobody whom we know is taken and counted, and leaves no entry", async () => {
    const size = async (): Promise<number> =>
      (await postern.call("GET", "/v1/status", { token: postern.admin })).json.size;
    const before = await size();
    const unknown = from.claims({ sub_id: { format: "email", email: "nobody@example.org" } });
    expect((await push(await from.sign(unknown))).status).toBe(202);
    expect(await size()).toBe(before);
    const { json } = await postern.call("GET", "/v1/signals", { token: postern.admin });
    expect(
      json.sources.find((one: { readonly source: string }) => one.source === "partner").outcomes.unmatched,
    ).toBe(1);
  });

  it("is never sent by us to an address that is not public", async () => {
    const token = await postern.token(["ssf.manage"], { label: "receiver", subjectTypes: ["user"] });
    for (const endpoint_url of [
      "https://169.254.169.254/latest/meta-data",
      "http://internal.example/events",
      "https://10.0.0.1/events",
      "file:///etc/passwd",
      `${postern.url}/ssf/receive`,
    ]) {
      const made = await postern.call("POST", "/ssf/streams", {
        token,
        body: { delivery: { method: "urn:ietf:rfc:8935", endpoint_url } },
      });
      expect([endpoint_url, made.status, made.json.code]).toEqual([endpoint_url, 400, "stream.malformed"]);
    }
  });
});
