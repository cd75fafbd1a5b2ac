/** Colour is meaning: `holds` protection, `gap` an open opt-out, `waiting` on a person, `refused`, `proof` verified. */
export type Tone = "holds" | "gap" | "waiting" | "refused" | "proof" | "closed" | "strong" | "plain";

export type Paint = (tone: Tone, text: string) => string;

const CODES: Readonly<Record<Exclude<Tone, "plain">, string>> = {
  holds: "36",
  gap: "33",
  waiting: "34",
  refused: "31",
  proof: "32",
  closed: "2",
  strong: "1",
};

const colourful: Paint = (tone, text) => (tone === "plain" ? text : `\u001b[${CODES[tone]}m${text}\u001b[0m`);
const plain: Paint = (_, text) => text;

/** Colour on a terminal only, and never with NO_COLOR (no-color.org) or a dumb terminal. */
export function paintFor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Paint {
  const refused = (env.NO_COLOR ?? "") !== "" || env.TERM === "dumb";
  return isTerminal && !refused ? colourful : plain;
}

const TONES: Readonly<Record<string, Tone>> = {
  active: "gap",
  scheduled: "gap",
  pending: "waiting",
  suspended: "holds",
  denied: "refused",
  permit: "holds",
  honour: "gap",
  challenge: "waiting",
  deny: "refused",
  holds: "holds",
  live: "plain",
  ok: "proof",
  warn: "gap",
  fail: "refused",
  met: "holds",
  waived: "gap",
  unmet: "refused",
};

/** The tone of a state or outcome; what has ended is faint. */
export function toneOf(word: string): Tone {
  return TONES[word] ?? "closed";
}
