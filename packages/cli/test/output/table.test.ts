import { describe, expect, it } from "vitest";
import { paintFor } from "../../src/output/colour.ts";
import { printable, table } from "../../src/output/table.ts";

const plain = paintFor(false, {});

describe("a table", () => {
  it("lines up its columns, cuts nothing and leaves no spaces at the ends", () => {
    const text = table(
      ["ID", "STATE"],
      [
        ["oo_0123456789abcdefghjkmnpqrs", "active"],
        ["oo_1", ""],
      ],
      plain,
    );
    expect(text.split("\n")).toEqual([
      "ID                             STATE",
      "oo_0123456789abcdefghjkmnpqrs  active",
      "oo_1",
      "",
    ]);
  });

  it("shows what would repaint the terminal instead of obeying it", () => {
    expect(printable("ana\u001b[2J\n")).toBe("ana\\x1b[2J\\x0a");
    expect(table(["REASON"], [["a\u001b]0;owned\u0007"]], plain)).not.toContain("\u001b");
  });
});
