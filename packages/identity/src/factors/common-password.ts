/**
 * Words that passwords are most often made of, put together for this check. With at least twelve characters the
 * common passwords are these words alone, twice, or with numbers and signs around them.
 */
const WORDS: ReadonlySet<string> = new Set(
  `password passwort passw0rd motdepasse contrasena senha parola wachtwoord haslo login welcome willkommen bienvenue
  admin administrator root superuser user guest test testing tester temp temporary default change changeme secret
  letmein letmeinnow open sesame opensesame master access please trustno one trustnoone security secure
  company office work server system network internet computer laptop windows linux apple google facebook amazon
  monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
  october november december spring summer autumn winter
  football baseball basketball soccer hockey liverpool chelsea arsenal barcelona juventus
  iloveyou ilove you love loveyou forever lover princess prince sunshine dragon monkey shadow superman batman
  spiderman pokemon starwars pikachu naruto matrix freedom whatever nothing something hello helloworld world
  killer hunter ranger michael jessica charlie daniel thomas jordan michelle ashley nicole andrew
  chocolate cookie banana orange flower butterfly angel baby babygirl family mother father
  my the is this a new me mine your our and for with abc xyz`.split(/\s+/),
);

const ROWS = [
  "qwertyuiop",
  "asdfghjkl",
  "zxcvbnm",
  "qwertzuiop",
  "azertyuiop",
  "1234567890",
  "abcdefghijklmnopqrstuvwxyz",
  "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
  "q1w2e3r4t5y6u7i8o9p0",
];

const UNDONE: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "@": "a",
  $: "s",
  "!": "i",
};
const SHORTEST_RUN = 3;
/** With more of these words than that it is a phrase of its own. */
const MOST_WORDS = 3;

/** Whether a password is only common words, the account's own words, runs of keys, numbers and signs. */
export function isCommon(password: string, about: readonly string[]): boolean {
  const own = new Set(
    about.flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u)).filter((word) => word.length >= 3),
  );
  const lower = password.toLowerCase();
  const letters = [...lower].map((character) => UNDONE[character] ?? character).join("");
  return [lower, letters].some((text) => fewestWords(text, lower, own) <= MOST_WORDS);
}

/** The fewest words that account for all of it, with runs, repetitions, numbers and signs for nothing. */
function fewestWords(text: string, plain: string, own: ReadonlySet<string>): number {
  const fewest: number[] = [0];
  for (let end = 1; end <= text.length; end++) {
    let best = Number.POSITIVE_INFINITY;
    for (let start = Math.max(0, end - 32); start < end; start++) {
      const before = fewest[start] ?? Number.POSITIVE_INFINITY;
      if (before >= best) continue;
      const cost = costOf(text.slice(start, end), plain.slice(start, end), own);
      if (before + cost < best) best = before + cost;
    }
    fewest[end] = best;
  }
  return fewest[text.length] ?? Number.POSITIVE_INFINITY;
}

function costOf(part: string, plain: string, own: ReadonlySet<string>): number {
  if (WORDS.has(part) || own.has(part)) return 1;
  if (/^[\d\p{P}\p{S}\s]+$/u.test(plain) || (/^(.)\1*$/u.test(part) === true && part.length >= SHORTEST_RUN))
    return 0;
  if (part.length < SHORTEST_RUN) return Number.POSITIVE_INFINITY;
  const reversed = [...plain].reverse().join("");
  return ROWS.some((row) => row.includes(plain) || row.includes(reversed)) ? 0 : Number.POSITIVE_INFINITY;
}
