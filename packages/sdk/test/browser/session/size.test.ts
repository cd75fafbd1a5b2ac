import { expect, it } from "vitest";
import { bundled, gzipped } from "./session-server.ts";

it("the session part, bundled alone, is at most 10 KB gzipped and imports nothing", async () => {
  const code = await bundled("session/index.ts");
  expect(code).not.toMatch(/\bimport\b|\brequire\b/);
  expect(gzipped(code)).toBeLessThanOrEqual(10_000);
});

it("an application that draws its own warning takes the client alone, at most 4 KB gzipped", async () => {
  expect(gzipped(await bundled("session/session-client.ts"))).toBeLessThanOrEqual(4_000);
});

it("importing it registers nothing and needs no browser", async () => {
  const all = await import("../../../src/browser/index.ts");
  expect(Object.keys(all)).toContain("defineSessionTimeout");
  expect(Reflect.has(globalThis, "document")).toBe(false);
});
