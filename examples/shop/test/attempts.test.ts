import { describe, expect, it } from "vitest";
import { createAttempts } from "../src/attempts.ts";

describe("wrong tries", () => {
  it("are five a minute for a name, and then one waits", () => {
    const attempts = createAttempts();
    for (let count = 0; count < 5; count++) {
      expect(attempts.wait("ana", 1000)).toBe(0);
      attempts.failed("ana", 1000);
    }
    expect(attempts.wait("ana", 11_000)).toBe(50);
    expect(attempts.wait("ben", 11_000)).toBe(0);
    expect(attempts.wait("ana", 61_000)).toBe(0);
  });

  it("are forgotten after a right one", () => {
    const attempts = createAttempts();
    for (let count = 0; count < 5; count++) attempts.failed("ana", 0);
    attempts.succeeded("ana");
    expect(attempts.wait("ana", 1)).toBe(0);
  });
});
