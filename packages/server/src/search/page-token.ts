import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import { canonical } from "@postern/core";
import type { World } from "@postern/service";

/** How long a page token is taken, in milliseconds. */
const GOOD_FOR = 15 * 60_000;
const LONGEST = 1_024;
const IV = 12;
const TAG = 16;

/** What a page belongs to: the kind of search, the whole question, and who asks. */
export interface PageOwner {
  readonly kind: string;
  readonly question: unknown;
  readonly token: string;
}

export interface PageState {
  readonly after: string;
  readonly limit: number;
}

/**
 * Page tokens are sealed (AES-256-GCM) with their owner as associated data: none can be read, changed, or used for
 * another question, by another caller or after its end. Where the page before ended is nobody's business.
 */
export interface PageTokens {
  seal(state: PageState, owner: PageOwner): string;
  /** Null: not one that was given out for this owner, or past its end. */
  open(text: string, owner: PageOwner): PageState | null;
}

export function createPageTokens(key: Uint8Array, world: Pick<World, "wall" | "random">): PageTokens {
  return {
    seal({ after, limit }, owner) {
      const iv = world.random(IV);
      const cipher = createCipheriv("aes-256-gcm", key, iv);
      cipher.setAAD(ownerBytes(owner));
      const plain = JSON.stringify([after, limit, world.wall() + GOOD_FOR]);
      return Buffer.concat([iv, cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]).toString(
        "base64url",
      );
    },
    open(text, owner) {
      if (text.length > LONGEST || !/^[\w-]+$/.test(text)) return null;
      const bytes = Buffer.from(text, "base64url");
      if (bytes.length <= IV + TAG || bytes.toString("base64url") !== text) return null;
      try {
        const opening = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, IV), { authTagLength: TAG });
        opening.setAAD(ownerBytes(owner));
        opening.setAuthTag(bytes.subarray(bytes.length - TAG));
        const plain = Buffer.concat([opening.update(bytes.subarray(IV, -TAG)), opening.final()]);
        const [after, limit, until] = JSON.parse(plain.toString("utf8")) as [string, number, number];
        return world.wall() < until ? { after, limit } : null;
      } catch {
        return null;
      }
    },
  };
}

function ownerBytes({ kind, question, token }: PageOwner): Uint8Array {
  return createHash("sha256")
    .update(canonical([kind, token, question]))
    .digest();
}
