import { canonical } from "../event/canonical.ts";

/**
 * What a person is told before choosing, in four parts and this order: what stops, what still protects,
 * until when, how to undo. Versioned per offer and locale; its hash is part of the consent.
 */
export interface Disclosure {
  readonly locale: string;
  readonly version: number;
  readonly title: string;
  readonly stops: string;
  readonly protects: string;
  readonly until: string;
  readonly undo: string;
  readonly more?: string;
}

/** The bytes that are hashed into a consent. Hashing is the caller's: this room has no cryptography. */
export function disclosureText(disclosure: Disclosure): string {
  return canonical(disclosure);
}

/** The locale that serves a reader best: the exact one, its language, then the first that exists. */
export function chooseLocale(available: readonly string[], wanted: readonly string[]): string | undefined {
  for (const locale of wanted) {
    const exact = available.find((one) => one.toLowerCase() === locale.toLowerCase());
    if (exact !== undefined) return exact;
    const language = locale.split("-")[0]?.toLowerCase();
    const near = available.find((one) => one.split("-")[0]?.toLowerCase() === language);
    if (near !== undefined) return near;
  }
  return available.includes("en") ? "en" : available[0];
}
