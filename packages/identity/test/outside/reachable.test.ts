import { describe, expect, it } from "vitest";
import { mayBeAsked } from "../../src/outside/reachable.ts";

describe("an address that another party names", () => {
  it.each(["https://keys.example/jwks.json", "https://8.8.8.8/jwks", "https://[2606:4700::1111]/jwks"])(
    "may be asked where it is public and https: %s",
    (address) => {
      expect(mayBeAsked(address, "https://login.example")).toBe(true);
    },
  );

  it.each([
    "http://keys.example/jwks.json",
    "https://localhost/jwks",
    "https://127.0.0.1/jwks",
    "https://[::1]/jwks",
    "https://10.1.2.3/jwks",
    "https://192.168.1.1/jwks",
    "https://169.254.169.254/latest/meta-data",
    "https://[fd00::1]/jwks",
    "https://[::ffff:10.0.0.1]/jwks",
    "https://0x7f000001/jwks",
    "https://2130706433/jwks",
    "https://localhost./jwks",
    "https://me.localhost./jwks",
    "https://127.0.0.1./jwks",
    "https://[::127.0.0.1]/jwks",
    "https://[64:ff9b::10.0.0.1]/jwks",
    "https://[64:ff9b:1::10.0.0.1]/jwks",
    "https://[2002:a00:1::1]/jwks",
    "https://[fec0::1]/jwks",
    "https://192.0.0.170/jwks",
    "https://198.19.0.1/jwks",
    "https://user:secret@keys.example/jwks",
    "file:///etc/passwd",
    "ftp://keys.example/jwks",
    "http://127.0.0.1:4600/jwks",
    "not an address",
  ])("is not asked where it could be ours: %s", (address) => {
    expect(mayBeAsked(address, "https://login.example")).toBe(false);
    expect(mayBeAsked(address, null)).toBe(false);
  });

  it("may lie on the host that an operator named, and on this machine where that one does", () => {
    expect(mayBeAsked("https://10.1.2.3/jwks", "https://10.1.2.3/issuer")).toBe(true);
    expect(mayBeAsked("https://10.1.2.4/jwks", "https://10.1.2.3/issuer")).toBe(false);
    expect(mayBeAsked("http://127.0.0.1:9/jwks", "http://localhost:4600")).toBe(true);
    expect(mayBeAsked("http://login.example/jwks", "http://login.example")).toBe(false);
  });
});
