import { verify } from "@node-rs/argon2";
import { describe, expect, it } from "vitest";
import { NOBODY } from "../../src/factors/password.ts";
import { passwordHash } from "../../src/index.ts";

const passwords = passwordHash();

describe("a password", () => {
  it("is hashed by Argon2id at the cost that OWASP gives", async () => {
    const hash = await passwords.hash("lamp river quiet orbit");
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await passwords.matches(hash, "lamp river quiet orbit")).toBe(true);
    expect(await passwords.matches(hash, "lamp river quiet orbi")).toBe(false);
  });

  it("is the same however the keyboard writes its accents, and another in another case", async () => {
    const hash = await passwords.hash("caf\u00e9 au lait matin");
    expect(await passwords.matches(hash, "cafe\u0301 au lait matin")).toBe(true);
    expect(await passwords.matches(hash, "Caf\u00e9 au lait matin")).toBe(false);
  });

  it("of nobody matches nothing", async () => {
    expect(await passwords.matches(null, "")).toBe(false);
  });

  it("needs twelve characters, of whatever sort, and may have two hundred and fifty-six", () => {
    expect(passwords.weakness("elevenchars", [])).toBe("too-short");
    expect(passwords.weakness("gzkwmbtrpvxd", [])).toBeNull();
    expect(passwords.weakness(`${"\u{1F99C}".repeat(4)}plum cart`, [])).toBeNull();
    expect(passwords.weakness("ab c".repeat(65), [])).toBe("too-long");
  });

  it.each([
    "password1234",
    "P@ssw0rd2026!",
    "qwertyuiop123",
    "iloveyouiloveyou",
    "aaaaaaaaaaaa",
    "abcdefghijkl",
    "111222333444",
    "Welcome-2026-!!",
    "ana.abreu-2026",
  ])("that strangers try first is refused: %s", (password) => {
    expect(passwords.weakness(password, ["ana.abreu@example.org"])).toBe("common");
  });

  it.each(["correct horse battery staple", "gzkwmbtrpvxd", "tree-lamp-orbit-9", "my dog ate the compiler"])(
    "of one's own is taken: %s",
    (password) => {
      expect(passwords.weakness(password, ["ana"])).toBeNull();
    },
  );

  it("answers that it is busy instead of letting a crowd take the memory", async () => {
    const answers = await Promise.all(Array.from({ length: 80 }, () => passwords.matches(null, "x")));
    expect(answers).toContain(null);
    expect(answers.filter((one) => one === false).length).toBeGreaterThan(0);
  });
});

describe("a name that nobody has", () => {
  it("costs what a stored password costs", async () => {
    const stored = await passwordHash().hash("a good long password");
    const parameters = (text: string | null) => text?.split("$").slice(1, 4);
    expect(parameters(NOBODY)).toEqual(parameters(stored));
    // Well-formed: it is worked out and does not match, instead of being refused at once.
    await expect(verify(NOBODY, "a good long password")).resolves.toBe(false);
    expect(await passwordHash().matches(null, "a good long password")).toBe(false);
  });
});
