import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeHtml, html, join, plainText } from "../src/html.ts";

describe("a value in markup", () => {
  it("never becomes markup, in text or in a quoted attribute", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (value) => {
        const { text } = html`<a title="${value}">${value}</a>`;
        expect(text.match(/[<>]/g)).toEqual(["<", ">", "<", ">"]);
        expect(text.match(/"/g)).toHaveLength(2);
        expect(text).not.toContain("'");
      }),
    );
  });

  it("reads as what it was", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(plainText(html`<p>${value}</p>`)).toBe(value);
      }),
    );
  });

  it("is escaped once, however deep it is put in", () => {
    const inner = html`<b>${"a & b"}</b>`;
    expect(html`<p>${[inner, "<i>"]}</p>`.text).toBe("<p><b>a &amp; b</b>&lt;i&gt;</p>");
  });

  it("leaves nothing where there is none", () => {
    expect(html`[${null}${false}${0}${""}]`.text).toBe("[0]");
  });
});

describe("a list in a sentence", () => {
  it("has our words between and escaped items", () => {
    expect(join(["<a>", html`<b>b</b>`], " & ").text).toBe("&lt;a&gt; &amp; <b>b</b>");
  });

  it("knows the five characters that matter", () => {
    expect(escapeHtml(`&<>"'`)).toBe("&amp;&lt;&gt;&quot;&#39;");
  });
});
