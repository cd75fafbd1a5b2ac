import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { inDays, type TestPostern, testPostern } from "../fixture/running.ts";

let postern: TestPostern;

beforeAll(async () => {
  postern = await testPostern();
});
afterAll(() => postern.stop());

const issue = (key: string, label: string, token = postern.admin) =>
  postern.call("POST", "/v1/tokens", {
    token,
    headers: { "idempotency-key": key },
    body: { label, scopes: ["decide"], expiresAt: "2027-01-01T00:00:00Z" },
  });

describe("Idempotency-Key", () => {
  it("gives the first answer again, to the same caller and request", async () => {
    const first = await issue("k1", "one");
    const again = await issue("k1", "one");
    expect([first.status, first.headers.get("idempotency-replayed")]).toEqual([201, null]);
    expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([201, "true"]);
    expect(again.json).toEqual(first.json);
  });

  it("is refused with another body", async () => {
    await issue("k2", "one");
    const other = await issue("k2", "two");
    expect([other.status, other.json.code]).toEqual([422, "idempotency.other_request"]);
    expect((await issue("k2", "one")).headers.get("idempotency-replayed")).toBe("true");
  });

  it("is each caller's own", async () => {
    const second = await postern.token(["admin"]);
    const first = await issue("k3", "one");
    const other = await issue("k3", "one", second);
    expect(other.headers.get("idempotency-replayed")).toBeNull();
    expect(other.json.token.id).not.toBe(first.json.token.id);
  });

  it("makes one thing of ten requests at once", async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => issue("k4", "once")));
    const made = new Set(answers.filter(({ status }) => status === 201).map(({ json }) => json.token.id));
    expect(made.size).toBe(1);
    for (const { status, json } of answers) {
      if (status !== 201) expect([status, json.code]).toEqual([409, "idempotency.in_flight"]);
    }
  });

  it("is free again after a request that was refused by its fields", async () => {
    const refused = await postern.call("POST", "/v1/tokens", {
      token: postern.admin,
      headers: { "idempotency-key": "k5" },
      body: { label: "x" },
    });
    expect(refused.status).toBe(422);
    expect((await issue("k5", "one")).status).toBe(201);
  });

  it("is refused where it is not printable, or without end", async () => {
    expect((await issue("a b", "one")).json.code).toBe("request.malformed");
    expect((await issue("k".repeat(300), "one")).json.code).toBe("request.malformed");
  });
});

describe("versions", () => {
  it("of an opt-out are in its ETag, and an act on an older one is refused", async () => {
    await postern.call("PUT", "/v1/entities/user/olga", {
      token: postern.admin,
      body: { attributes: { roles: ["owner"] } },
    });
    const olga = await postern.token(["opt-outs.approve"], { person: { type: "user", id: "olga" } });
    const asked = await postern.call("POST", "/v1/opt-outs", {
      token: postern.admin,
      body: { offer: "guests", holder: { kind: "anonymous" }, reason: "the catalogue is a shop window" },
    });
    expect(asked.status).toBe(201);
    expect(asked.headers.get("location")).toBe(`/v1/opt-outs/${asked.json.id}`);
    const read = await postern.call("GET", `/v1/opt-outs/${asked.json.id}`, { token: postern.admin });
    expect(read.headers.get("etag")).toBe(`"${read.json.version}"`);

    const approve = (version: string) =>
      postern.call("POST", `/v1/opt-outs/${asked.json.id}/approve`, {
        token: olga,
        headers: { "if-match": version },
      });
    const stale = await approve(`"${read.json.version + 7}"`);
    expect([stale.status, stale.json.code]).toEqual([412, "version.changed"]);
    expect((await approve("seven")).json.code).toBe("request.malformed");
    const approved = await approve(`"${read.json.version}"`);
    expect([approved.status, approved.json.state]).toEqual([200, "active"]);
    expect(inDays(1) < approved.json.expiresAt).toBe(true);
  });
});

describe("an Idempotency-Key whose client went away", () => {
  const gone = (head: string, body: string, until: () => Promise<void>): Promise<void> =>
    new Promise((done, failed) => {
      const socket = connect(postern.port, "127.0.0.1", () =>
        socket.write(
          `${head}\r\nhost: localhost\r\nauthorization: Bearer ${postern.admin}\r\n` +
            `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
          () => void until().then(() => socket.destroy(), failed),
        ),
      );
      socket.once("close", () => done());
      socket.once("error", failed);
    });
  const labelled = async (label: string): Promise<readonly string[]> => {
    const { json } = await postern.call("GET", "/v1/tokens", { token: postern.admin });
    const all: readonly { readonly id: string; readonly label: string }[] = json.items;
    return all.filter((token) => token.label === label).map(({ id }) => id);
  };

  it("is held while the act goes on, and then answers with what that made", async () => {
    const { tokens } = postern.running.service;
    const issueNow = tokens.issue;
    const [begun, may] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow = vi.spyOn(tokens, "issue").mockImplementationOnce(async (...asked) => {
      begun.resolve();
      await may.promise;
      return await issueNow(...asked);
    });
    const body = JSON.stringify({ label: "slow", scopes: ["decide"], expiresAt: "2027-01-01T00:00:00Z" });
    await gone("POST /v1/tokens HTTP/1.1\r\nidempotency-key: slow", body, () => begun.promise);
    // The server learns of it a moment later: this looks until long after.
    for (let look = 0; look < 20; look += 1) {
      const { status, json } = await issue("slow", "slow");
      expect([status, json.code]).toEqual([409, "idempotency.in_flight"]);
      await new Promise((later) => setTimeout(later, 10));
    }
    may.resolve();
    const again = await vi.waitUntil(
      async () => {
        const answer = await issue("slow", "slow");
        return answer.status === 409 ? null : answer;
      },
      { timeout: 5_000 },
    );
    expect([again?.status, again?.headers.get("idempotency-replayed")]).toEqual([201, "true"]);
    expect(await labelled("slow")).toEqual([again?.json.token.id]);
    expect(slow).toHaveBeenCalledTimes(1);
    slow.mockRestore();
  });

  it("is free again where the act failed", async () => {
    const { policy } = postern.running.service;
    const [begun, may] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const broken = vi.spyOn(policy, "rollback").mockImplementationOnce(async () => {
      begun.resolve();
      await may.promise;
      throw new Error("it broke");
    });
    const rollback = () =>
      postern.call("POST", "/v1/policy/rollback", {
        token: postern.admin,
        body: {},
        headers: { "idempotency-key": "gone" },
      });
    await gone("POST /v1/policy/rollback HTTP/1.1\r\nidempotency-key: gone", "{}", () => begun.promise);
    may.resolve();
    const again = await vi.waitUntil(
      async () => {
        const answer = await rollback();
        return answer.json.code === "idempotency.in_flight" ? null : answer;
      },
      { timeout: 5_000 },
    );
    expect(again?.headers.get("idempotency-replayed")).toBeNull();
    expect(broken).toHaveBeenCalledTimes(2);
    broken.mockRestore();
  });
});
