import type { Directory } from "../entities/directory.ts";

/** What a browser keeps of a sign-in, and by which it is told again for that account alone. */
export function knownCookie(directory: Directory, nonce: string, subject: string): string {
  return `${nonce}.${macOf(directory, nonce, subject)}`;
}

/** The device, where it signed in to this account before. */
export function knownDevice(directory: Directory, cookie: string | null, subject: string): string | null {
  const [nonce = "", mac = ""] = (cookie ?? "").split(".");
  return nonce.length === 22 && mac === macOf(directory, nonce, subject) ? nonce : null;
}

function macOf(directory: Directory, nonce: string, subject: string): string {
  return directory.blind({ type: "known-device", id: `${nonce} ${subject}` });
}
