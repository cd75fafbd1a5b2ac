import { describe, expect, it } from "vitest";
import { throttle } from "../../src/sign-in/throttle.ts";

const at = (account: string, network: string, device: string | null = null) => ({ account, network, device });

describe("slowing down whoever guesses", () => {
  it("is not undone by asking about other names, however many", () => {
    const slowly = throttle({ monotonic: () => 0 });
    for (let one = 0; one < 100; one++) slowly.failed(at(`name ${one}`, "n"), "password");
    for (let one = 0; one < 100_000; one++) slowly.wait(at(`other ${one}`, "n"), "password");
    expect(slowly.wait(at("last", "n"), "password")).toBeGreaterThan(0);
  });

  it("is not undone by failures of as many others as there is room for", () => {
    const slowly = throttle({ monotonic: () => 0 });
    for (let one = 0; one < 20; one++) slowly.failed(at("ana", "n"), "code");
    for (let one = 0; one < 100_001; one++) slowly.failed(at(`other ${one}`, `far ${one}`), "code");
    expect(slowly.wait(at("ana", "n"), "code")).toBeGreaterThan(0);
  });

  it("of codes is not undone by the right password", () => {
    const slowly = throttle({ monotonic: () => 0 });
    for (let one = 0; one < 5; one++) slowly.failed(at("ana", "n"), "code");
    slowly.succeeded(at("ana", "n"), "password");
    expect(slowly.wait(at("ana", "n"), "code")).toBeGreaterThan(0);
    slowly.succeeded(at("ana", "n"), "code");
    expect(slowly.wait(at("ana", "n"), "code")).toBe(0);
  });

  it("counts nothing of a try that was taken back", () => {
    const slowly = throttle({ monotonic: () => 0 });
    for (let one = 0; one < 10; one++) slowly.failed(at("ana", "n"), "password").takeBack();
    expect(slowly.wait(at("ana", "n"), "password")).toBe(0);
  });
});
