import type { World } from "../ports/world.ts";
import { hashSecret } from "./secret.ts";

const MOST = 5_000;
const FORGOTTEN_AFTER_MS = 60_000;

/**
 * Looks records up by a bearer secret and remembers the hash of each secret that found one, for a minute at most.
 *
 * What is remembered is a pure function and never a record: `find` is asked every time, so a revocation or an end
 * counts for the very next request. Secrets that find nothing are not remembered: nobody can fill the memory with
 * guesses. The map compares by the engine's hash of the whole text, seeded per process, and reads characters only
 * where that is the same; how long it takes tells nothing about a guess that begins like a secret.
 */
export function knownSecrets<Found>(
  world: Pick<World, "after">,
  find: (hash: string) => Found | null,
): (secret: string) => Found | null {
  const hashes = new Map<string, string>();
  let forgetting = false;

  const remember = (secret: string, hash: string): void => {
    if (hashes.size >= MOST) hashes.clear();
    if (!forgetting) {
      forgetting = true;
      world.after(FORGOTTEN_AFTER_MS, () => {
        forgetting = false;
        hashes.clear();
      });
    }
    // Through bytes: a part of a header would keep the whole header, with the cookies of others, in memory.
    hashes.set(Buffer.from(secret, "utf8").toString("utf8"), hash);
  };

  return (secret) => {
    const known = hashes.get(secret);
    const hash = known ?? hashSecret(secret);
    const found = find(hash);
    if (found === null) hashes.delete(secret);
    else if (known === undefined) remember(secret, hash);
    return found;
  };
}
