import { describe, expect, it } from "vitest";
import { html } from "../src/html.ts";

describe("markup", () => {
  it("escapes every text, in content and in attributes", () => {
    const typed = `"><script>alert('x')</script>&`;
    expect(html`<p title="${typed}">${typed}</p>`.markup).toBe(
      `<p title="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;">&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;</p>`,
    );
  });

  it("takes markup, lists of markup and nothing as they are", () => {
    const items = ["a", "<"].map((text) => html`<li>${text}</li>`);
    expect(html`<ul>${items}</ul>${null}${7}`.markup).toBe("<ul><li>a</li><li>&lt;</li></ul>7");
  });
});
