import { describe, expect, it } from "vitest";
import { parseProxy, trustedProxies } from "../src/trusted-proxies.ts";

describe("trusted proxies", () => {
  it("are those in the list, however the socket writes their address", () => {
    const trusted = trustedProxies(["10.0.0.0/8", "192.0.2.7", "fd00::/8"]);
    const peers = ["10.1.2.3", "::ffff:10.1.2.3", "192.0.2.7", "fd12::1"];
    expect(peers.map(trusted)).toEqual([true, true, true, true]);
  });

  it("are nobody else, and nobody where nothing is listed", () => {
    const trusted = trustedProxies(["10.0.0.0/8"]);
    expect(["11.0.0.1", "192.0.2.7", "::1", "nonsense", "", undefined].map(trusted)).toEqual(
      Array(6).fill(false),
    );
    expect(trustedProxies([])("127.0.0.1")).toBe(false);
  });

  it.each(["localhost", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129", "", "10.0.0"])(
    "cannot be written as `%s`",
    (text) => {
      expect(parseProxy(text).ok).toBe(false);
    },
  );
});
