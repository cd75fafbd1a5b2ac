import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readKept } from "@postern/example-shop";
import { createClient } from "@postern/sdk";
import { afterEach, describe, expect, it } from "vitest";
import { start as run, type Started } from "./running.ts";

const folders: string[] = [];
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "postern-start-"));
  folders.push(folder);
  return folder;
}

const all: Started[] = [];
async function start(...given: Parameters<typeof run>): Promise<Started> {
  const started = await run(...given);
  all.push(started);
  return started;
}

afterEach(async () => {
  for (const started of all.splice(0)) if (!started.ended()) await started.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function urlOf(started: Started, what: string): string {
  return new RegExp(`${what} +(\\S+)`).exec(started.printed())?.[1] ?? "";
}

async function types(started: Started, folder: string): Promise<readonly string[]> {
  const ben = createClient({ url: urlOf(started, "control plane"), token: readKept(folder).ben ?? "" });
  const entries = await ben.ledger.entries({ from: 0, limit: 200 });
  return entries.map(({ entry }) => /"type":"([^"]+)"/.exec(entry ?? "")?.[1] ?? "");
}

describe("npm start", () => {
  it("stops cleanly on Ctrl-C, and a second start adds nothing to the ledger and finds everything again", async () => {
    const folder = newFolder();
    const first = await start(folder);
    const before = await types(first, folder);
    expect(await first.stop()).toBe(0);
    const second = await start(folder);
    expect(await types(second, folder)).toEqual(before);
    expect((await fetch(`${urlOf(second, "the shop")}/catalogue`)).status).toBe(200);
    expect(await second.stop()).toBe(0);
  });

  it("says that the folder is in use when another one runs on it, and leaves that one alone", async () => {
    const folder = newFolder();
    const first = await start(folder);
    await expect(start(folder, "--fresh")).rejects.toThrow(/another one runs/);
    expect((await fetch(`${urlOf(first, "the shop")}/catalogue`)).status).toBe(200);
    expect(await first.stop()).toBe(0);
  });

  it("says which port is taken and takes the next", async () => {
    const holder = createServer();
    const port = await new Promise<number>((resolve, reject) => {
      holder.once("error", reject);
      holder.listen(0, "127.0.0.1", () => {
        const address = holder.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
    const folder = newFolder();
    const started = await start(folder, "--port", String(port));
    expect(started.printed()).toContain(`port ${port} is taken; using `);
    expect(urlOf(started, "control plane")).not.toBe(`http://localhost:${port}`);
    expect((await fetch(urlOf(started, "the shop"))).status).toBe(200);
    expect(await started.stop()).toBe(0);
    await new Promise((done) => holder.close(done));
  });

  it("keeps secrets where only their owner reads them, and prints none but the sample passwords", async () => {
    const folder = newFolder();
    const started = await start(folder);
    for (const name of ["sample.json", "tour.env"]) {
      expect(statSync(join(folder, name)).mode & 0o077, name).toBe(0);
    }
    const { ben, olga, shop, bootstrap } = readKept(folder);
    for (const secret of [ben, olga, shop, bootstrap]) {
      expect(secret?.length).toBeGreaterThan(20);
      expect(started.printed()).not.toContain(secret);
    }
    await started.stop();
  });

  it("puts a shop behind the gateway that answers nobody who comes another way", async () => {
    const folder = newFolder();
    const started = await start(folder);
    const gateway = urlOf(started, "the shop");
    const port = new URL(gateway).port;
    const beside = /SHOP_ADDRESS='([^']+)'/.exec(readFileSync(join(folder, "tour.env"), "utf8"))?.[1] ?? "";
    expect(new URL(beside).port).not.toBe(port);
    const around = await fetch(`${beside}/catalogue`, {
      headers: { "postern-assertion": "eyJhbGciOiJub25lIn0.e30.", "remote-user": "ana" },
    });
    expect(around.status).toBe(403);
    expect((await fetch(`${gateway}/catalogue`)).status).toBe(200);
    await started.stop();
  });
});
