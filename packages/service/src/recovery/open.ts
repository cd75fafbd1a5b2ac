import { createHash, timingSafeEqual } from "node:crypto";
import type { SubjectRef } from "@postern/core";
import type { World } from "../ports/world.ts";
import type { RandomPool } from "../seal/box.ts";
import type { Proof } from "../sign-in/attempts.ts";

/** Whom a recovery is about, as it was when its code was mailed. */
export interface RecoveryTarget {
  readonly subject: SubjectRef;
  readonly address: string;
  /** The ways to sign in of then: where they changed since, the recovery is worth nothing. */
  readonly factors: ReadonlySet<string>;
}

/** One recovery in one browser. Of an unknown account it looks the same and its code fits nothing. */
export interface OpenRecovery {
  readonly network: string;
  readonly known: string | null;
  /** By which a person finds the message that belongs to this page. */
  readonly reference: string;
  readonly hash: Buffer;
  target: RecoveryTarget | null;
  /** The mailed code was read. */
  read: boolean;
  tries: number;
  until: number;
  second: Proof | null;
  /** Factors that its person says they have no more. */
  lost: readonly string[];
  challenge: string | null;
  totp: { readonly secret: string; readonly uri: string } | null;
}

const GOOD_FOR_MS = 600_000;
const MOST_TRIES = 5;
const MOST_OPEN = 20_000;
const DIGITS = 8;
const LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ";

/** Working state of one node: losing one means asking again. */
export interface OpenRecoveries {
  /** In place of the one before in the same browser, whose code is worth nothing from now on. */
  begin(
    browser: string,
    from: Pick<OpenRecovery, "network" | "known">,
  ): { readonly recovery: OpenRecovery; readonly code: string };
  find(browser: string): OpenRecovery | null;
  /** Whether it is still what this browser has open. */
  isOpen(browser: string, recovery: OpenRecovery): boolean;
  /** Looks at a code once. The tries of one recovery are few. */
  fits(browser: string, recovery: OpenRecovery, code: string): boolean;
  /** One more try that was wrong; ends it where it was the last. */
  failed(browser: string, recovery: OpenRecovery): void;
  /** It was right: what was counted is taken back. */
  keep(browser: string, recovery: OpenRecovery): void;
  end(browser: string): void;
  /** Ends all that are about somebody. */
  endOf(subject: SubjectRef): void;
}

export function openRecoveries(world: Pick<World, "monotonic">, pool: RandomPool): OpenRecoveries {
  const open = new Map<string, OpenRecovery>();
  const standing = (one: OpenRecovery | undefined): OpenRecovery | null =>
    one !== undefined && world.monotonic() < one.until ? one : null;
  const sweep = (): void => {
    for (const [key, one] of open) if (standing(one) === null) open.delete(key);
    for (const key of open.keys()) {
      if (open.size < MOST_OPEN) break;
      open.delete(key);
    }
  };
  return {
    begin(browser, { network, known }) {
      const key = digest(browser);
      open.delete(key);
      if (open.size >= MOST_OPEN) sweep();
      // 48 bits over 10^8 codes: what is left over favours none that matters.
      const number = Buffer.from(pool.take(6)).readUIntBE(0, 6) % 10 ** DIGITS;
      const code = String(number).padStart(DIGITS, "0");
      const reference = [...pool.take(4)].map((byte) => LETTERS[byte % LETTERS.length] ?? "A").join("");
      const recovery: OpenRecovery = {
        network,
        known,
        reference,
        hash: hashOf(browser, code),
        target: null,
        read: false,
        tries: 0,
        until: world.monotonic() + GOOD_FOR_MS,
        second: null,
        lost: [],
        challenge: null,
        totp: null,
      };
      open.set(key, recovery);
      return { recovery, code };
    },
    find: (browser) => standing(open.get(digest(browser))),
    isOpen: (browser, recovery) => standing(open.get(digest(browser))) === recovery,
    fits(browser, recovery, code) {
      const same = timingSafeEqual(recovery.hash, hashOf(browser, code.replaceAll(/\s/g, "")));
      if (!same || recovery.target === null) return false;
      recovery.read = true;
      recovery.tries = 0;
      recovery.until = world.monotonic() + GOOD_FOR_MS;
      return true;
    },
    failed(browser, recovery) {
      recovery.tries += 1;
      if (recovery.tries >= MOST_TRIES) open.delete(digest(browser));
    },
    keep(browser, recovery) {
      recovery.tries = 0;
      recovery.until = world.monotonic() + GOOD_FOR_MS;
      open.set(digest(browser), recovery);
    },
    end(browser) {
      open.delete(digest(browser));
    },
    endOf(subject) {
      for (const [key, { target }] of open) if (target?.subject === subject) open.delete(key);
    },
  };
}

function hashOf(browser: string, code: string): Buffer {
  return createHash("sha256").update(`${browser} ${code}`).digest();
}

function digest(browser: string): string {
  return createHash("sha256").update(`recovery ${browser}`).digest("base64url");
}
