import { describe, expect, it } from "vitest";
import { openChannel } from "../../src/sqlite/channel.ts";

const options = { directory: "/nowhere", openedAt: 0, pageLimit: null, crash: null };

/** A database thread of our own making. */
const thread = (body: string): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`import { parentPort } from "node:worker_threads"; ${body}`)}`,
  );

const READY = `parentPort.postMessage({ kind: "ready" });`;

describe("the channel to the database thread", () => {
  it.each([
    ["ends", `${READY} parentPort.once("message", () => process.exit(1));`],
    ["fails", `${READY} parentPort.once("message", () => { throw new Error("out of memory"); });`],
  ])("a thread that %s leaves the calls that wait unknown, and later calls are refused", async (_, body) => {
    const channel = await openChannel(options, thread(body));
    const calls = await Promise.allSettled([channel.ask("confirm", null), channel.ask("committed", "bat_1")]);
    for (const call of calls)
      expect(call).toMatchObject({
        status: "rejected",
        reason: { code: "unavailable", persisted: "unknown" },
      });
    await expect(channel.ask("confirm", null)).rejects.toMatchObject({
      code: "unavailable",
      persisted: "no",
    });
    await channel.close();
  });

  it("a thread that ends before it is ready fails the opening", async () => {
    await expect(openChannel(options, thread("process.exit(1);"))).rejects.toMatchObject({
      code: "unavailable",
    });
  });

  it("the decision log is refused before it crowds out appends", async () => {
    const channel = await openChannel(
      options,
      thread(`${READY} parentPort.on("message", ({ number, call }) => {
      if (call === "confirm" || call === "close") parentPort.postMessage({ kind: "answer", number, answer: null });
    });`),
    );
    const logs = Array.from({ length: 300 }, () => channel.ask("logDecisions", []));
    const settled = Promise.allSettled(logs);
    expect(await channel.ask("confirm", null)).toBeNull();
    await channel.close();
    const refused = (await settled).filter(
      (log) => log.status === "rejected" && log.reason.persisted === "no",
    );
    expect(refused).toHaveLength(300 - 256);
  });
});
