import { createHash, timingSafeEqual } from "node:crypto";

/** That this browser signed in to an account before. */
export const KNOWN_COOKIE = "__Host-postern-known";

/** What a form of an attempt is sent with: nobody makes it without the attempt's secret. */
export function nonceOf(secret: string): string {
  return createHash("sha256").update(`form ${secret}`).digest("base64url");
}

export function sameNonce(given: string | undefined, secret: string): boolean {
  const [a, b] = [Buffer.from(given ?? ""), Buffer.from(nonceOf(secret))];
  return a.length === b.length && timingSafeEqual(a, b);
}

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function weaknessOf(detail: string): "too-short" | "too-long" | "common" {
  return detail === "too-short" || detail === "too-long" ? detail : "common";
}
