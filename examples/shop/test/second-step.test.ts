import { describe, expect, it } from "vitest";
import { acceptedStep, newSecret, nextCode, otpauthUri } from "../src/second-step.ts";

const secret = newSecret();
const at = Date.UTC(2026, 10, 21, 9, 0, 10);

describe("the second step", () => {
  it("takes the code of now, once", () => {
    const { code } = nextCode(secret, "ana", 0, at);
    const step = acceptedStep(secret, "ana", code, 0, at);
    expect(step).toBe(Math.floor(at / 30_000));
    expect(acceptedStep(secret, "ana", code, step ?? 0, at)).toBeNull();
  });

  it("takes a code of the step before or after, and none further away", () => {
    const codeAt = (time: number) => nextCode(secret, "ana", 0, time).code;
    expect(acceptedStep(secret, "ana", codeAt(at - 30_000), 0, at)).not.toBeNull();
    expect(acceptedStep(secret, "ana", codeAt(at + 30_000), 0, at)).not.toBeNull();
    expect(acceptedStep(secret, "ana", codeAt(at - 90_000), 0, at)).toBeNull();
    expect(acceptedStep(secret, "ana", codeAt(at + 90_000), 0, at)).toBeNull();
  });

  it("refuses what is not six digits and the code of another secret", () => {
    for (const code of ["", "12345", "1234567", "12345a", "１２３４５６"]) {
      expect(acceptedStep(secret, "ana", code, 0, at)).toBeNull();
    }
    const other = nextCode(newSecret(), "ana", 0, at).code;
    const own = nextCode(secret, "ana", 0, at).code;
    if (other !== own) expect(acceptedStep(secret, "ana", other, 0, at)).toBeNull();
    expect(own).toMatch(/^\d{6}$/);
  });

  it("offers a code that was not used yet, and says how long to wait for it", () => {
    const used = Math.floor(at / 30_000);
    const next = nextCode(secret, "ana", used, at);
    expect(next.wait).toBe(0);
    expect(acceptedStep(secret, "ana", next.code, used, at)).toBe(used + 1);
    expect(nextCode(secret, "ana", used + 1, at).wait).toBe(20_000);
  });

  it("tells an app what it needs", () => {
    expect(otpauthUri(secret, "ana")).toMatch(/^otpauth:\/\/totp\/.*ana\?.*secret=/);
  });
});
