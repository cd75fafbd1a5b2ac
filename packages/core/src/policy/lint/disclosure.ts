import type { CompileContext, Placed } from "../compile/context.ts";
import { report } from "../compile/context.ts";
import type { DisclosureText, OfferDocument } from "../document/offer.ts";

const MOST_WORDS = 60;
const LONGEST_SENTENCE = 20;
const JARGON = /\b(authentication|authenticate[sd]?|mfa|sessions?|tokens?)\b/iu;

const PARTS = ["stops", "protects", "until", "undo"] as const satisfies readonly (keyof DisclosureText)[];

/** Consent texts are short, plain and in four parts, or they are not consent. */
export function lintDisclosure(
  { document, places }: Placed<OfferDocument>,
  { problems }: CompileContext,
): void {
  for (const [locale, text] of Object.entries(document.disclosure ?? {})) {
    const words = PARTS.reduce((sum, part) => sum + wordsIn(text[part]).length, 0);
    if (words > MOST_WORDS) {
      const message = `expected at most ${MOST_WORDS} words before \`more\` in \`${locale}\`, got ${words}`;
      report(problems, "error", "disclosure_too_long", message, places.of(text, PARTS[0]));
    }
    for (const part of ["title", ...PARTS, "more"] as const) {
      const words = text[part];
      if (words === undefined) continue;
      const at = places.of(text, part);
      const severity = part === "more" ? "warning" : "error";
      const jargon = JARGON.exec(words)?.[0];
      if (jargon !== undefined) {
        const message = `expected words that everybody knows in \`${part}\`, got \`${jargon}\``;
        report(problems, severity, "disclosure_word", message, at, "say what the person sees happen");
      }
      const longest = Math.max(...words.split(/[.!?]+(?:\s|$)/u).map((sentence) => wordsIn(sentence).length));
      if (longest > LONGEST_SENTENCE) {
        const message = `expected sentences of at most ${LONGEST_SENTENCE} words in \`${part}\`, got ${longest}`;
        report(problems, severity, "disclosure_sentence_too_long", message, at);
      }
    }
  }
}

function wordsIn(text: string): readonly string[] {
  return text.split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
}
