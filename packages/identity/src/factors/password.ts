import { hash, verify } from "@node-rs/argon2";
import type { PasswordHash } from "@postern/service";
import { isCommon } from "./common-password.ts";

/** NIST SP 800-63B-4 section 3.1.1 wants at least 64 characters to be possible. */
const SHORTEST = 12;
const LONGEST = 256;

/** OWASP's Argon2id: 19 MiB, two passes, one lane. The library's own algorithm is Argon2id. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const;

/** Hashes at one time, and those that wait: each takes 19 MiB and some tens of milliseconds of a core. */
const AT_ONCE = 2;
const MOST_WAITING = 64;

const PARAMETERS = `v=19$m=${COST.memoryCost},t=${COST.timeCost},p=${COST.parallelism}`;
/** A hash that nothing matches, at the same cost: whoever asks for a name that nobody has waits as long. */
export const NOBODY: string = `$argon2id$${PARAMETERS}$EnprGaqUKU4oILf7j0dJXA$Fh0TZScCSEAGLX/bhCyJJ2BYdfxpduh4QSN/gcDp6Jk`;

export function passwordHash(): PasswordHash {
  const inTurn = limited(AT_ONCE, MOST_WAITING);
  return {
    weakness(password, about) {
      const plain = normal(password);
      const length = [...plain].length;
      if (length < SHORTEST) return "too-short";
      if (length > LONGEST) return "too-long";
      return isCommon(plain, about) ? "common" : null;
    },
    hash: (password) => inTurn(() => hash(normal(password), COST)),
    matches: (stored, password) =>
      inTurn(async () => {
        const found = await verify(stored ?? NOBODY, normal(password).slice(0, LONGEST * 2)).catch(
          () => false,
        );
        return stored !== null && found;
      }),
  };
}

/** One keyboard writes a letter with its accent as one character, another as two: both are the same password. */
function normal(password: string): string {
  return password.normalize("NFC");
}

/** Runs at most so many at once; null where too many wait already. */
function limited(
  most: number,
  mostWaiting: number,
): <Value>(run: () => Promise<Value>) => Promise<Value | null> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (run) => {
    if (running >= most) {
      if (waiting.length >= mostWaiting) return null;
      await new Promise<void>((go) => waiting.push(go));
    } else running += 1;
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
