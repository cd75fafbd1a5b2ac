import { describe, expect, it } from "vitest";
import { chooseLocale, disclosureText } from "../../src/index.ts";

const text = {
  locale: "en",
  version: 1,
  title: "No code",
  stops: "We stop asking.",
  protects: "Your password.",
  until: "A week.",
  undo: "Here.",
};

describe("a disclosure", () => {
  it("has the same bytes however its parts are ordered, and others once a word changes", () => {
    const { title, ...rest } = text;
    expect(disclosureText({ ...rest, title })).toBe(disclosureText(text));
    expect(disclosureText({ ...text, until: "Two weeks." })).not.toBe(disclosureText(text));
    expect(disclosureText({ ...text, version: 2 })).not.toBe(disclosureText(text));
    expect(disclosureText({ ...text, more: "" })).not.toBe(disclosureText(text));
  });

  it("is shown in the reader's locale, else language, else English, else what there is", () => {
    expect(chooseLocale(["en", "de-CH"], ["de-ch"])).toBe("de-CH");
    expect(chooseLocale(["en", "de-CH"], ["de-AT"])).toBe("de-CH");
    expect(chooseLocale(["fr", "en"], ["ja"])).toBe("en");
    expect(chooseLocale(["fr"], ["ja"])).toBe("fr");
    expect(chooseLocale([], ["ja"])).toBeUndefined();
  });
});
