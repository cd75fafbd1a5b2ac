import { randomBytes } from "node:crypto";
import { instant } from "@postern/core";
import { openPostgresStore, type PostgresOptions } from "@postern/store";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPostgres } from "../../../testing/src/postgres/binaries.ts";
import { type RunningPostgres, startPostgres } from "../../../testing/src/postgres/start-postgres.ts";
import { appendTo, batchAfter, bytes, collect } from "../../../testing/src/store-contract/batch.ts";

const world = {
  wall: () => instant(Date.now()),
  monotonic: () => performance.now(),
  random: (length: number) => new Uint8Array(randomBytes(length)),
  after(delay: number, run: () => void) {
    const timer = setTimeout(run, delay);
    return () => clearTimeout(timer);
  },
};

/** Calls again until the back-off after a lost connection is over. */
async function eventually<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (tries === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

if (findPostgres() === null) it.skip("PostgreSQL not found: lost connections were not tried");
else
  describe("a PostgreSQL store", () => {
    let server: RunningPostgres;
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(() => server.stop());
    const open = (url: string, more: Partial<PostgresOptions> = {}) =>
      openPostgresStore({ url, world, ...more });
    const endSessions = (url: string) =>
      server.psql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'postern' AND datname = current_database()",
        url,
      );

    it("whose session was ended takes the lock again and goes on", async () => {
      const url = await server.createDatabase();
      const store = await open(url);
      await appendTo(store, "bat_1");
      await endSessions(url);
      await eventually(() => appendTo(store, "bat_2"));
      expect(await store.committed("bat_1")).toBe(true);
      expect(await store.committed("bat_2")).toBe(true);
      expect(await eventually(() => store.entries(0, 9))).toHaveLength(2);
      await store.close();
    });

    it("that another node has overtaken loses the race, learns the head and goes on after it", async () => {
      const url = await server.createDatabase();
      const store = await open(url);
      const other = await open(url);
      const { head } = await appendTo(store, "bat_1");
      const winner = await appendTo(other, "bat_2");
      expect(await store.append(batchAfter(head, "bat_late"))).toEqual({
        kind: "lost-race",
        head: winner.head,
      });
      await appendTo(store, "bat_3");
      await other.close();
      await store.close();
    });

    it("that stops with the head locked lets the others go on, and its own append is given up", async () => {
      const url = await server.createDatabase();
      const store = await open(url);
      const other = await open(url);
      await appendTo(store, "bat_1");
      const stopped = store.appendAfter(0, async ({ head: found }) => {
        await new Promise((resolve) => setTimeout(resolve, 3_000));
        return batchAfter(found, "bat_stopped");
      });
      const given = expect(stopped).rejects.toMatchObject({ persisted: "no" });
      await eventually(() => appendTo(other, "bat_2"));
      await given;
      expect(await eventually(() => store.committed("bat_stopped"))).toBe(false);
      await eventually(() => appendTo(store, "bat_3"));
      expect(await other.entries(0, 9)).toHaveLength(3);
      await other.close();
      await store.close();
    });

    it("answers unknown for the append that was under way, and then whether it was committed", async () => {
      const url = await server.createDatabase();
      const reached: string[] = [];
      const store = await open(url, { crash: (point) => void reached.push(point) });
      const { head } = await appendTo(store, "bat_1");
      expect(reached).toEqual([
        "before-begin",
        "after-keys",
        "after-entries",
        "after-rows",
        "after-head",
        "before-commit",
        "after-commit",
      ]);
      // Holds the head row, so that the append hangs in the server until its session is ended.
      const holder = server.psql(
        "BEGIN; SELECT FROM postern.head FOR UPDATE; SELECT pg_sleep(2); COMMIT",
        url,
      );
      await eventually(async () =>
        expect(
          await server.psql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(2)%'", url),
        ).toBe("2"),
      );
      const pending = store.append(batchAfter(head, "bat_2"));
      const outcome = expect(pending).rejects.toMatchObject({ code: "unavailable", persisted: "unknown" });
      await eventually(async () =>
        expect(
          await server.psql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'", url),
        ).toBe("1"),
      );
      await endSessions(url);
      await outcome;
      await holder;
      expect(await eventually(() => store.committed("bat_2"))).toBe(false);
      await eventually(() => store.append(batchAfter(head, "bat_2")));
      expect(await store.committed("bat_2")).toBe(true);
      await store.close();
    });

    it("keeps every acknowledged batch when the server itself is killed", async () => {
      const url = await server.createDatabase();
      const store = await open(url);
      let acknowledged = 0;
      const writing = (async () => {
        try {
          for (;;) {
            await appendTo(store, `bat_${acknowledged + 1}`);
            acknowledged += 1;
            if (acknowledged === 20) void server.kill();
          }
        } catch (error) {
          return error;
        }
      })();
      expect(await writing).toMatchObject({ code: "unavailable" });
      await expect(store.append(batchAfter(null, "bat_down"))).rejects.toMatchObject({ code: "unavailable" });
      await server.restart();
      const { head } = await eventually(() => store.confirm());
      expect(acknowledged).toBeGreaterThanOrEqual(20);
      expect(head?.size).toBeGreaterThanOrEqual(acknowledged);
      expect(head?.size).toBeLessThanOrEqual(acknowledged + 1);
      expect(await eventually(() => store.entries(0, 999))).toHaveLength(head?.size ?? 0);
      await store.close();
    });

    it("whose head was made by a newer version is refused", async () => {
      const url = await server.createDatabase();
      await (await open(url)).close();
      await server.psql("INSERT INTO postern.migrations VALUES (999, 'later', 0, 999)", url);
      await expect(open(url)).rejects.toMatchObject({ code: "newer_schema", persisted: "no" });
    });

    it("whose newer schema says that this version can still use it goes on beside the newer nodes", async () => {
      const url = await server.createDatabase();
      const store = await open(url);
      await server.psql("INSERT INTO postern.migrations VALUES (8, 'later', 0, 1)", url);
      const again = await open(url);
      await appendTo(again, "bat_1");
      await again.close();
      await store.close();
    });

    it("keeps its keyring in a schema that a dump of the data leaves out", async () => {
      const url = await server.createDatabase();
      const store = await open(url);
      await appendTo(store, "bat_1", {
        keys: [{ id: "subject:ana", wrappedBy: "deployment/1", box: bytes("k") }],
      });
      const columns = await server.psql(
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'postern' AND table_name = 'keys'",
        url,
      );
      expect(columns).toBe("0");
      expect(await collect(store.keys())).toHaveLength(1);
      await store.close();
    });

    it("names its version, its migrations and what weakens it", async () => {
      const url = await server.createDatabase();
      const store = await open(url);
      const status = await store.status();
      expect(status).toMatchObject({
        kind: "postgres",
        newest: 7,
        migrations: [
          { number: 1, name: "first" },
          { number: 2, name: "cursors" },
          { number: 3, name: "factors" },
          { number: 4, name: "artifacts" },
          { number: 5, name: "devices" },
          { number: 6, name: "roles" },
          { number: 7, name: "signals" },
        ],
      });
      expect(status.warnings).toHaveLength(1);
      await store.close();
    });

    it.each([
      ["an unreachable server", () => "postgres://postern:topsecret@127.0.0.1:1/postern"],
      ["a wrong password", () => server.url.replace(/:[^:@/]+@/, ":topsecret@")],
      ["a text that is no URL", () => "topsecret"],
    ])("does not repeat the password to %s", async (_, url) => {
      const error: unknown = await open(url()).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "unavailable", persisted: "no" });
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("topsecret");
    });
  });
