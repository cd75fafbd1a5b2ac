import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { clientOf, networkOf, plainAddress } from "../../src/gateway/client.ts";
import { trustedProxies } from "../../src/trusted-proxies.ts";

function asked(peer: string, headers: Record<string, string>): IncomingMessage {
  return {
    socket: { remoteAddress: peer },
    headers: { host: "shop.test", ...headers },
  } as unknown as IncomingMessage;
}

const trusted = trustedProxies(["10.0.0.0/8", "192.0.2.7"]);

describe("who asks", () => {
  it("is the peer, whatever it forwards, where it is not a listed proxy", () => {
    const forged = {
      "x-forwarded-for": "10.1.1.1",
      "x-forwarded-host": "bank.test",
      "x-forwarded-proto": "https",
    };
    expect(clientOf(asked("203.0.113.9", forged), trusted, "http")).toEqual({
      address: "203.0.113.9",
      network: "203.0.113.0/24",
      forwardedFor: "203.0.113.9",
      host: "shop.test",
      protocol: "http",
    });
  });

  it("is the nearest address that no listed proxy stands at, where a listed proxy says so", () => {
    const told = {
      "x-forwarded-for": "1.2.3.4, 203.0.113.9, 10.0.0.3",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "shop.example",
    };
    expect(clientOf(asked("::ffff:10.0.0.2", told), trusted, "http")).toEqual({
      address: "203.0.113.9",
      network: "203.0.113.0/24",
      forwardedFor: "203.0.113.9, 10.0.0.3, 10.0.0.2",
      host: "shop.example",
      protocol: "https",
    });
  });

  it("is not read past something that is no address", () => {
    const told = { "x-forwarded-for": "203.0.113.9, unknown, 10.0.0.3" };
    expect(clientOf(asked("10.0.0.2", told), trusted, "http").address).toBe("10.0.0.3");
  });

  it("keeps the real host where the forwarded one is no host", () => {
    const told = {
      "x-forwarded-for": "203.0.113.9",
      "x-forwarded-host": "a b",
      "x-forwarded-proto": "gopher",
    };
    expect(clientOf(asked("192.0.2.7", told), trusted, "https")).toMatchObject({
      host: "shop.test",
      protocol: "https",
    });
  });
});

describe("the network that budgets count by", () => {
  it("is the first three quarters of an IPv4 address and 56 bits of an IPv6 address", () => {
    expect(networkOf("203.0.113.255")).toBe("203.0.113.0/24");
    expect(networkOf("2001:db8:1:2ff:aaaa::1")).toBe("2001:db8:1:200::/56");
    expect(networkOf("2001:db8::1")).toBe("2001:db8:0:0::/56");
    expect(networkOf("::1")).toBe("0:0:0:0::/56");
  });

  it("is the same for every address of one subscriber and another for the next", () => {
    expect(networkOf("2001:db8:0:1234::1")).toBe(networkOf("2001:db8:0:12ff:9::2"));
    expect(networkOf("2001:db8:0:1234::1")).not.toBe(networkOf("2001:db8:0:1300::1"));
  });

  it("is read from addresses with ports, brackets, zones and mappings", () => {
    expect(plainAddress("203.0.113.9:4711")).toBe("203.0.113.9");
    expect(plainAddress("[2001:db8::1]:443")).toBe("2001:db8::1");
    expect(plainAddress("fe80::1%eth0")).toBe("fe80::1");
    expect(plainAddress("::FFFF:203.0.113.9")).toBe("203.0.113.9");
    for (const text of ["", "unknown", "_hidden", "1.2.3", "shop.test", "1.2.3.4.5"])
      expect(plainAddress(text)).toBeNull();
  });
});
