import { describe, expect, it } from "vitest";
import { constant, type Html } from "../src/html.ts";
import { en } from "../src/messages/en.ts";
import { acceptedLocales, messagesFor } from "../src/messages/index.ts";
import type { Messages, Where } from "../src/messages/messages.ts";
import { nameOf, thingsOf } from "../src/protection/names.ts";

/** Every sentence of a catalogue, with plain values put in. */
function sentences(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "function") {
    const when = constant("28 Nov, 10:00 UTC");
    const where: Where = { kind: "this-device", name: "laptop" };
    const made: unknown[] = [];
    for (const given of [
      ["Second step", where, when, when, when],
      [when],
      [2, when],
      [2, null],
      ["step-up", "reports"],
      [where],
      [3],
      ["Second step", where, 1, when],
    ]) {
      try {
        made.push((value as (...given: unknown[]) => unknown)(...given));
      } catch {}
    }
    return made.flatMap((one) =>
      typeof one === "string" ? [one] : isHtml(one) ? [one.text.replace(/<[^>]+>/g, "")] : [],
    );
  }
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(sentences);
  return [];
}

function isHtml(value: unknown): value is Html {
  return typeof value === "object" && value !== null && "text" in value;
}

describe("what pages say", () => {
  it("uses no word that people should not have to know", () => {
    for (const text of sentences(en)) {
      expect(text).not.toMatch(
        /\b(authenticat\w*|mfa|sessions?|tokens?|credentials?|assurance|opt-?outs?|polic(y|ies)|acr)\b/i,
      );
    }
  });

  it("say why a choice is paused in doubt, and who ends that", () => {
    const said = en.list.pausedBecause("suspended_in_doubt");
    expect(said).toMatch(/lost some of our records/);
    expect(said).toMatch(/your organisation/);
  });

  it("keeps to sentences of at most twenty-four words", () => {
    for (const text of sentences(en)) {
      for (const sentence of text.split(/(?<=[.?!])\s+/)) {
        expect([sentence, sentence.split(/\s+/).length <= 24]).toEqual([sentence, true]);
      }
    }
  });

  it("never blames, urges or shames", () => {
    for (const text of sentences(en))
      expect(text).not.toMatch(/\b(error|invalid|illegal|forbidden|warning|are you sure|!|risky)\b|!/i);
  });
});

describe("the language of a page", () => {
  it("follows the reader's order of preference", () => {
    expect(acceptedLocales("de-AT;q=0.8, en, fr;q=0.9, *;q=0.1, x;q=0")).toEqual(["en", "fr", "de-AT"]);
    expect(acceptedLocales(undefined)).toEqual([]);
    expect(acceptedLocales("<script>, ../../en, en_US")).toEqual([]);
  });

  it("is English where no other is known", () => {
    expect(messagesFor(["xx", "de"]).locale).toBe("en");
  });
});

describe("the name of a protection", () => {
  const m: Messages = en;
  it("says what it is for in the words of the address", () => {
    expect(nameOf("step-up", ["route:/reports/**"], m)).toBe("Second step for reports");
    expect(nameOf("authentication", ["route:/my-orders/*", "route:/basket"], m)).toBe(
      "Signing in for my orders and basket",
    );
    expect(thingsOf(["todo:42"], m)).toBe("todo 42");
    expect(thingsOf(["route:/**"], m)).toBe("everything here");
    expect(thingsOf(["route:/%C3%A9t%C3%A9/**"], m)).toBe("été");
    expect(thingsOf([], m)).toBeNull();
  });
});

describe("a length of time", () => {
  it("is said in its two largest units", () => {
    expect(en.length(7 * 86_400_000)).toBe("7 days");
    expect(en.length(90 * 60_000)).toBe("1 hour 30 minutes");
    expect(en.length(86_400_000 + 1000)).toBe("1 day 1 second");
    expect(en.length(0)).toBe("less than a second");
  });
});
