import type { SessionId } from "@postern/core";
import { describe, expect, it } from "vitest";
import { challengeOf, createLinkCodes, isChallenge, type LinkCodes } from "../../src/people/link-codes.ts";
import { realWorld } from "../../src/world.ts";

const SECRET = "a".repeat(43);
const OTHER = "b".repeat(43);
const target = { session: "ses_1" as SessionId, path: "/me/protection" };

function codes(): { readonly links: LinkCodes; readonly pass: (milliseconds: number) => void } {
  let now = 0;
  const { random } = realWorld();
  return {
    links: createLinkCodes({ monotonic: () => now, random }),
    pass: (milliseconds) => {
      now += milliseconds;
    },
  };
}

describe("a link to the people's pages", () => {
  it("opens in the browser that asked for it, within its minute", () => {
    const { links, pass } = codes();
    const code = links.mint(challengeOf(SECRET), target);
    pass(59_999);
    expect(links.redeem(code, SECRET)).toEqual(target);
  });

  it("does not open twice", () => {
    const { links } = codes();
    const code = links.mint(challengeOf(SECRET), target);
    links.redeem(code, SECRET);
    expect(links.redeem(code, SECRET)).toBe("spent");
  });

  it("does not open once its minute is over", () => {
    const { links, pass } = codes();
    const code = links.mint(challengeOf(SECRET), target);
    pass(60_000);
    expect(links.redeem(code, SECRET)).toBe("spent");
  });

  it("does not open in another browser, and is spent by the attempt", () => {
    const { links } = codes();
    const code = links.mint(challengeOf(SECRET), target);
    expect(links.redeem(code, OTHER)).toBe("other-browser");
    expect(links.redeem(code, SECRET)).toBe("spent");
  });

  it("does not open for a browser that shows nothing", () => {
    const { links } = codes();
    for (const shown of [null, "", "short"]) {
      const code = links.mint(challengeOf(SECRET), target);
      expect(links.redeem(code, shown)).toBe("other-browser");
    }
  });

  it("leads to the session that it was made for and to no other", () => {
    const { links } = codes();
    const one = links.mint(challengeOf(SECRET), target);
    const two = links.mint(challengeOf(SECRET), { ...target, session: "ses_2" as SessionId });
    expect(links.redeem(two, SECRET)).toMatchObject({ session: "ses_2" });
    expect(links.redeem(one, SECRET)).toMatchObject({ session: "ses_1" });
  });

  it("is asked for with a challenge of exactly one shape", () => {
    expect(isChallenge(challengeOf(SECRET))).toBe(true);
    for (const text of ["", "x", `${challengeOf(SECRET)}=`, `${"a".repeat(42)}\n`, "../".repeat(14)]) {
      expect(isChallenge(text)).toBe(false);
    }
  });
});
