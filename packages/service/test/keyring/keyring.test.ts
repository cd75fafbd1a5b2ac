import { createSecretKey, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { keyring } from "../../src/keyring/keyring.ts";
import { randomPool } from "../../src/seal/box.ts";

const master = createSecretKey(Buffer.alloc(32, 7));
const pool = randomPool((count) => randomBytes(count));

function held() {
  const keys = keyring(master, pool);
  const first = keys.make("wrapping/1");
  keys.hold([first]);
  return { keys, first };
}

describe("a keyring", () => {
  it("wraps nothing under a wrapping key whose batch was never committed", () => {
    const { keys } = held();
    const second = keys.make("wrapping/2");
    keys.hold([second]);
    expect(keys.make("sub_a").wrappedBy).toBe("wrapping/2");
    keys.lose(["wrapping/2"]);
    expect(keys.make("sub_b").wrappedBy).toBe("wrapping/1");
  });

  it("wraps nothing under a key that was lost with the end of a log that is read anew", () => {
    const { keys, first } = held();
    keys.hold([keys.make("wrapping/2")]);
    keys.forgetAll();
    keys.hold([first]);
    const made = keys.make("sub_a");
    expect(made.wrappedBy).toBe("wrapping/1");
    const another = keyring(master, pool);
    another.hold([first, made]);
    expect(another.get("sub_a")).not.toBeNull();
  });
});
