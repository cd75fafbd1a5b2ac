import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalAddress, isNetwork, networkList, networkOf } from "../../src/risk/network.ts";

describe("a list of networks", () => {
  const list = networkList(["198.51.100.0/24", "2001:db8::/32", "203.0.113.9"]);

  it("holds the addresses within them, in whatever form they are written", () => {
    for (const address of [
      "198.51.100.255",
      "::ffff:198.51.100.1",
      "2001:0DB8:1::1",
      "203.0.113.9",
      "2001:db8::1%eth0",
      "64:ff9b::198.51.100.7",
      "2002:c633:6401::1",
    ])
      expect(list.has(address)).toBe(true);
    for (const address of ["198.51.101.1", "2001:db9::", "203.0.113.8", "64:ff9b::198.51.101.1"])
      expect(list.has(address)).toBe(false);
  });

  it("cannot say of what is no address", () => {
    for (const text of ["", "localhost", "1.2.3", "1.2.3.256", "01.2.3.4", "1::2::3", ":::", "g::"])
      expect(list.has(text)).toBeNull();
  });

  it("says of a network as a whole that it is within, and not of one that only a part of is", () => {
    expect([list.has("198.51.100.0/25"), list.has("203.0.113.0/24"), list.has("192.0.2.0/24")]).toEqual([
      true,
      null,
      false,
    ]);
    expect(list.has("2001:db8:0:100::/56")).toBe(true);
  });

  it("takes no network with bits beyond its length, or with none", () => {
    for (const text of ["10.0.0.1/8", "10.0.0.0/33", "2001:db8::1/32", "10.0.0.0/", "x/8", "10.0.0.0/8/8"])
      expect(isNetwork(text)).toBe(false);
    expect(isNetwork("0.0.0.0/0")).toBe(true);
  });

  it("gives each address one form and one network around it", () => {
    expect(networkOf("192.0.2.77")).toBe(networkOf("::ffff:192.0.2.1"));
    expect(networkOf("192.0.2.77")).not.toBe(networkOf("192.0.3.77"));
    expect(networkOf("2001:db8:1:2::3")).toBe(networkOf("2001:db8:1::"));
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const canonical = canonicalAddress(address);
        expect(canonical).not.toBeNull();
        expect(canonicalAddress(canonical ?? "")).toBe(canonical);
      }),
    );
  });
});
