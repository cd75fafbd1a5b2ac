import type { Complaint } from "./expression.ts";

/** What a condition may not exceed. */
export interface ConditionLimits {
  /** Length of the text, in UTF-16 units. */
  readonly length: number;
  /** Nesting, of brackets before parsing and of the tree after. */
  readonly depth: number;
  /** Nodes of the parsed tree. */
  readonly nodes: number;
  /** Worst-case abstract steps of one evaluation. */
  readonly cost: number;
}

export const DEFAULT_LIMITS: ConditionLimits = { length: 2048, depth: 32, nodes: 512, cost: 20_000 };

const CLOSING: ReadonlyMap<string, string> = new Map([
  ["(", ")"],
  ["[", "]"],
  ["{", "}"],
]);

/**
 * Refuses what the parser should never see: too long, too deep, broken characters, brackets or quotes that
 * do not pair. One pass, constant stack.
 */
export function scan(text: string, limits: ConditionLimits): Complaint | undefined {
  if (text.length > limits.length) {
    return {
      code: "condition_too_long",
      message: `a condition is at most ${limits.length} characters long, got ${text.length}`,
      at: limits.length,
    };
  }
  const broken = loneSurrogate(text);
  if (broken !== undefined) return broken;
  const open: { readonly closing: string; readonly at: number }[] = [];
  let ternaries = 0;
  let signs = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '"' || char === "'") {
      const end = endOfQuote(text, i);
      if (typeof end !== "number") return end;
      i = end;
      signs = 0;
      continue;
    }
    if (char === "/" && text.charAt(i + 1) === "/") {
      const end = text.indexOf("\n", i);
      i = end === -1 ? text.length : end;
      continue;
    }
    const closing = CLOSING.get(char);
    if (closing !== undefined) {
      open.push({ closing, at: i });
    } else if (char === ")" || char === "]" || char === "}") {
      const expected = open.pop()?.closing;
      if (expected !== char) return unpaired(char, expected, i);
    }
    if (char === "?") ternaries++;
    if (char === "!" || char === "-") signs++;
    else if (!/\s/.test(char)) signs = 0;
    if (open.length > limits.depth || ternaries > limits.depth || signs > limits.depth) {
      return {
        code: "condition_too_deep",
        message: `a condition nests at most ${limits.depth} deep`,
        at: i,
        hint: "split it into several conditions",
      };
    }
  }
  const last = open.at(-1);
  if (last === undefined) return undefined;
  return {
    code: "condition_syntax",
    message: `\`${text.charAt(last.at)}\` is never closed, expected \`${last.closing}\``,
    at: last.at,
  };
}

function unpaired(char: string, expected: string | undefined, at: number): Complaint {
  const message =
    expected === undefined ? `\`${char}\` closes nothing` : `expected \`${expected}\`, got \`${char}\``;
  return { code: "condition_syntax", message, at };
}

/** Half a character, and where it is: no other text shows as it is stored. */
function loneSurrogate(text: string): Complaint | undefined {
  if (text.isWellFormed()) return undefined;
  const at = text.search(/\p{Surrogate}/u);
  return { code: "condition_character", message: "a condition holds no lone surrogate", at };
}

/** The offset of the quote's last character. */
function endOfQuote(text: string, start: number): number | Complaint {
  const quote = text.charAt(start);
  const triple = text.startsWith(quote.repeat(3), start);
  const raw = /[rR][bB]?$/.test(text.slice(Math.max(0, start - 2), start));
  const closing = triple ? quote.repeat(3) : quote;
  for (let i = start + closing.length; i < text.length; i++) {
    if (text.startsWith(closing, i)) return i + closing.length - 1;
    if (text.charAt(i) === "\\" && !raw) i++;
    else if (!triple && (text.charAt(i) === "\n" || text.charAt(i) === "\r")) break;
  }
  return {
    code: "condition_syntax",
    message: `the text that starts with \`${quote}\` never ends`,
    at: start,
  };
}
