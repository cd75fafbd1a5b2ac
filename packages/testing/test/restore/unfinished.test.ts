import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  backUp,
  type Config,
  configWith,
  fenceOff,
  type RestoreOptions,
  restore,
  startPostern,
} from "@postern/server";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { MASTER_KEY, ORIGIN } from "../../src/crash/ground.ts";
import { findPostgres } from "../../src/postgres/binaries.ts";
import { type RunningPostgres, startPostgres } from "../../src/postgres/start-postgres.ts";

const run = promisify(execFile);
const POSTERN = fileURLToPath(new URL("../../../cli/bin/postern.mjs", import.meta.url));
const OTHER_KEY = new Uint8Array(32).fill(8);

for (const kind of ["sqlite", "postgres"] as const)
  describe.skipIf(kind === "postgres" && findPostgres() === null)(
    `a restore that fails, on ${kind === "sqlite" ? "SQLite" : "PostgreSQL"}`,
    () => {
      let server: RunningPostgres | null = null;
      let root: string;
      let old: Config;
      let to: Config;
      let options: RestoreOptions;
      const place = async (name: string, masterKey = MASTER_KEY): Promise<Config> =>
        configWith({
          mode: "production",
          masterKey,
          origin: ORIGIN,
          dataDir: join(root, name),
          headFile: join(root, `${name}-kept`, "head.note"),
          port: 0,
          peoplePort: 0,
          ...(server === null ? {} : { databaseUrl: await server.createDatabase() }),
        });
      beforeAll(async () => {
        if (kind === "postgres") server = await startPostgres({ fsync: false });
      });
      afterAll(() => server?.stop());
      beforeEach(async () => {
        root = await mkdtemp(join(tmpdir(), "postern-unfinished-"));
        old = await place("old");
        to = await place("new");
        const postern = await startPostern(old, { quiet: true });
        await postern.stop();
        const folder = join(root, "backup");
        await backUp(old, folder);
        options = {
          backup: folder,
          keyring: folder,
          ends: null,
          epoch: null,
          admin: { type: "user", id: "olga" },
        };
      });
      afterEach(() => rm(root, { recursive: true, force: true }));

      it("for the wrong master key wrote nothing, and succeeds with the right one", async () => {
        await expect(restore({ ...to, masterKey: OTHER_KEY }, options)).rejects.toThrow(
          "nothing was written",
        );
        expect(existsSync(to.dataDir) ? await readdir(to.dataDir) : []).toEqual([]);
        expect((await restore(to, options)).epoch).toBe(2);
      });

      it("answers nothing until the same restore has begun anew and finished", async () => {
        const ends = join(root, "ends.jsonl");
        await writeFile(ends, '{"kind":"epoch","epoch":4,"entry":3}\n');
        await expect(restore(to, { ...options, ends, epoch: 4 })).rejects.toMatchObject({
          code: "restore.unfinished",
          message: expect.stringContaining("after 4"),
        });
        await expect(startPostern(to, { quiet: true })).rejects.toThrow("postern restore");
        expect((await restore(to, { ...options, ends })).epoch).toBe(5);
        const postern = await startPostern(to, { quiet: true });
        expect(postern.service.node.doubt()).toBeNull();
        await postern.stop();
        await expect(restore(to, options)).rejects.toThrow("expected a");
      });

      it("goes on in an epoch that no log before it was in", async () => {
        expect(await fenceOff(old, null)).toBe(2);
        const first = await restore(to, { ...options, epoch: 2 });
        expect(first.epoch).toBe(2);
        const again = await place("again");
        const kept = join(root, "new-kept", "ends.jsonl");
        expect((await restore(again, { ...options, ends: kept })).epoch).toBe(3);
      });

      it("ends its process, as a fence that is refused does", async () => {
        const env = {
          ...process.env,
          POSTERN_DATA_DIR: old.dataDir,
          POSTERN_HEAD_FILE: join(root, "old-kept", "head.note"),
          ...(old.databaseUrl === null ? {} : { POSTERN_DATABASE_URL: old.databaseUrl }),
        };
        const ended = (key: Uint8Array, ...words: readonly string[]): Promise<unknown> =>
          run(process.execPath, [POSTERN, ...words], {
            env: { ...env, POSTERN_MASTER_KEY: Buffer.from(key).toString("base64") },
            timeout: 60_000,
          }).catch(({ code, killed, stderr }: Readonly<Record<"code" | "killed" | "stderr", unknown>>) => ({
            code,
            killed,
            stderr,
          }));
        const refused = (why: string): unknown => ({
          code: 1,
          killed: false,
          stderr: expect.stringContaining(why),
        });
        expect(await ended(OTHER_KEY, "fence", "--yes")).toEqual(refused("master key"));
        expect(await fenceOff(old, 3)).toBe(3);
        expect(await ended(MASTER_KEY, "fence", "--epoch", "4", "--yes")).toEqual(refused("in epoch 3"));
      });
    },
  );
