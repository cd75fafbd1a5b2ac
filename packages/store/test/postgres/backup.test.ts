import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backUpDatabase, openPostgresStore } from "@postern/store";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findPostgres } from "../../../testing/src/postgres/binaries.ts";
import { type RunningPostgres, startPostgres } from "../../../testing/src/postgres/start-postgres.ts";

const world = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  random: (length: number) => crypto.getRandomValues(new Uint8Array(length)),
  after(delay: number, run: () => void) {
    const timer = setTimeout(run, delay);
    return () => clearTimeout(timer);
  },
} as Parameters<typeof openPostgresStore>[0]["world"];

if (findPostgres() === null) it.skip("PostgreSQL not found: backups of a database were not tried");
else
  describe("a backup of a PostgreSQL database", () => {
    let server: RunningPostgres;
    let folder: string;
    beforeAll(async () => {
      server = await startPostgres({ fsync: false });
      await (await openPostgresStore({ url: server.url, world })).close();
    });
    afterAll(() => server.stop());
    beforeEach(async () => {
      folder = join(await mkdtemp(join(tmpdir(), "postern-backup-")), "to");
      await mkdir(folder, { mode: 0o755 });
    });
    afterEach(() => rm(join(folder, ".."), { recursive: true, force: true }));

    it("is read by its owner alone, in a folder that others may read too", async () => {
      await backUpDatabase(server.url, folder);
      const files = await readdir(folder);
      expect(files.sort()).toEqual(["keyring.dump", "postern.dump"]);
      for (const file of files) {
        const { mode, size } = await stat(join(folder, file));
        expect([file, (mode & 0o777).toString(8), size > 0]).toEqual([file, "600", true]);
      }
      await expect(backUpDatabase(server.url, folder)).rejects.toThrow("is there already");
    });

    it.each([
      ["TLS from a server that has none", "?sslmode=require", "SSL"],
      ["a certificate that is checked", "?sslmode=verify-full&sslrootcert=/nowhere/root.crt", "SSL"],
      ["a mode that is none", "?sslmode=on", "expected a `sslmode` out of"],
      ["what it does not know", "?ssl=true", "got `ssl`"],
    ])("is not made where the URL asks for %s", async (_, asked, said) => {
      await expect(backUpDatabase(`${server.url}${asked}`, folder)).rejects.toThrow(said);
      expect(await readdir(folder)).toEqual([]);
    });

    it("is made where the URL asks for no TLS", async () => {
      await backUpDatabase(`${server.url}?sslmode=disable`, folder);
      expect(await readdir(folder)).toHaveLength(2);
    });
  });
