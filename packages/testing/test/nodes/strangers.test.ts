import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { configWith, createLog, type Running, startPostern } from "@postern/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPostgres } from "../../src/postgres/binaries.ts";
import { type RunningPostgres, startPostgres } from "../../src/postgres/start-postgres.ts";

const BOOTSTRAP = "bootstrap-for-tests-0123456789";
const STRANGERS = 1_500;

if (findPostgres() === null) it.skip("PostgreSQL not found: strangers at several nodes were not tried");
else
  describe("strangers at one of several nodes", () => {
    let directory: string;
    let server: RunningPostgres;
    let nodes: readonly [Running, Running];
    let admin: string;
    const agent = new Agent({ keepAlive: true, maxSockets: 64 });
    const call = (
      node: Running,
      method: string,
      path: string,
      secret: string | null,
      body?: unknown,
    ): Promise<{ readonly status: number; readonly json: Readonly<Record<string, unknown>> }> =>
      new Promise((done, failed) => {
        const sent = request(new URL(path, node.urls.control), {
          agent,
          method,
          headers: {
            ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
            ...(body === undefined ? {} : { "content-type": "application/json" }),
          },
        });
        sent.on("error", failed);
        sent.on("response", (response) => {
          const parts: Buffer[] = [];
          response.on("data", (part: Buffer) => parts.push(part));
          response.on("end", () =>
            done({ status: response.statusCode ?? 0, json: JSON.parse(Buffer.concat(parts).toString()) }),
          );
        });
        sent.end(body === undefined ? undefined : JSON.stringify(body));
      });
    /** How much the database was asked for, once its statistics are told. */
    const transactions = async (): Promise<number> => {
      await sleep(1_500);
      return Number(
        await server.psql(
          "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = 'postern'",
        ),
      );
    };
    /** What as many strangers cost the database. */
    const costOf = async (secretOf: (turn: number) => string | null): Promise<number> => {
      const before = await transactions();
      const answers = await Promise.all(
        Array.from({ length: STRANGERS }, (_, turn) => call(nodes[0], "GET", "/v1/opt-outs", secretOf(turn))),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
      return (await transactions()) - before;
    };
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), "postern-strangers-"));
      server = await startPostgres({ fsync: false });
      const start = (name: string): Promise<Running> =>
        startPostern(
          configWith({
            mode: "development",
            port: 0,
            peoplePort: 0,
            dataDir: join(directory, name),
            databaseUrl: server.url,
            masterKey: new Uint8Array(32).fill(7),
            bootstrapToken: BOOTSTRAP,
          }),
          { log: createLog("silent"), quiet: true },
        );
      nodes = [await start("one"), await start("two")];
      const first = await call(nodes[0], "POST", "/v1/tokens/bootstrap", null, {
        secret: BOOTSTRAP,
        person: { type: "user", id: "olga" },
      });
      admin = String(first.json.secret);
    }, 60_000);
    afterAll(async () => {
      agent.destroy();
      for (const node of nodes) await node.stop();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    });

    it("who bring no token cost its database nothing", async () => {
      expect(await costOf(() => null)).toBeLessThan(STRANGERS / 20);
    }, 60_000);

    it("who bring what is no token by its form cost its database nothing", async () => {
      expect(await costOf((turn) => `guess-${turn}`)).toBeLessThan(STRANGERS / 20);
    }, 60_000);

    it("who guess tokens cost its database hardly anything", async () => {
      const guess = (turn: number): string => `pst_${String(turn).padStart(43, "A")}`;
      expect(await costOf(guess)).toBeLessThan(STRANGERS / 10);
    }, 60_000);

    it("do not keep out whoever was given a token at another node a moment ago", async () => {
      for (let turn = 0; turn < 10; turn++) {
        const issued = await call(nodes[1], "POST", "/v1/tokens", admin, {
          label: "fresh",
          scopes: ["decide", "opt-outs.read"],
          expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
        });
        const secret = String(issued.json.secret);
        const path = turn % 2 === 0 ? "/v1/opt-outs" : "/access/v1/evaluation";
        const question = {
          subject: { type: "user", id: "ana" },
          action: { name: "get" },
          resource: { type: "route", id: "/reports/1" },
        };
        const answer =
          turn % 2 === 0
            ? await call(nodes[0], "GET", path, secret)
            : await call(nodes[0], "POST", path, secret, question);
        expect([path, answer.status]).toEqual([path, 200]);
      }
    }, 60_000);

    it("do not keep anybody from reading at one what another has just recorded", async () => {
      for (let turn = 0; turn < 10; turn++) {
        const path = `/v1/entities/user/zoe-${turn}`;
        expect((await call(nodes[1], "PUT", path, admin, { attributes: { turn } })).status).toBeLessThan(300);
        expect((await call(nodes[0], "GET", path, admin)).status).toBe(200);
      }
    }, 60_000);

    it("a token that another node has just revoked does not act", async () => {
      for (let turn = 0; turn < 5; turn++) {
        const issued = await call(nodes[0], "POST", "/v1/tokens", admin, {
          label: "short",
          scopes: ["opt-outs.read"],
          expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
        });
        const { id } = issued.json.token as { readonly id: string };
        expect((await call(nodes[0], "GET", "/v1/opt-outs", String(issued.json.secret))).status).toBe(200);
        expect((await call(nodes[1], "DELETE", `/v1/tokens/${id}`, admin)).status).toBeLessThan(300);
        expect((await call(nodes[0], "GET", "/v1/opt-outs", String(issued.json.secret))).status).toBe(401);
      }
    }, 60_000);
  });
