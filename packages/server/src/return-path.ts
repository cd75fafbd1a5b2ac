import { createHmac, timingSafeEqual } from "node:crypto";

const LONGEST = 2048;
/** Printable ASCII but for the backslash, which browsers read as a slash. */
const PLAIN = /^\/(?![/\\])[!-[\]-~]*$/;
const ELSEWHERE = "https://postern.invalid";

/**
 * A path of this site to come back to, or null: never another origin, however it is written (`//host`, `\host`,
 * a scheme, control characters, `/..//host`).
 */
export function sameSitePath(path: string): string | null {
  if (path.length > LONGEST || !PLAIN.test(path) || !URL.canParse(path, ELSEWHERE)) return null;
  const read = new URL(path, ELSEWHERE);
  return read.origin === ELSEWHERE && !read.pathname.startsWith("//") ? path : null;
}

/** The way back after signing in: a same-site path and a MAC, so that nobody else can choose where it leads. */
export interface ReturnPaths {
  /** The sign-in address with `return` and `return_mac`; without them where the path is not of this site. */
  attach(signIn: string, path: string): string;
  /** The path to go to, or null where it was not made here. Constant time in the MAC. */
  check(path: string, mac: string): string | null;
}

export function createReturnPaths(key: Uint8Array): ReturnPaths {
  const macOf = (path: string): Buffer => createHmac("sha256", key).update(path).digest();
  return {
    attach(signIn: string, path: string): string {
      const safe = sameSitePath(path);
      if (safe === null) return signIn;
      const [head = "", fragment] = signIn.split("#", 2);
      const query = `return=${encodeURIComponent(safe)}&return_mac=${macOf(safe).toString("base64url")}`;
      const joined = `${head}${head.includes("?") ? "&" : "?"}${query}`;
      return fragment === undefined ? joined : `${joined}#${fragment}`;
    },
    check(path: string, mac: string): string | null {
      const given = Buffer.from(mac, "base64url");
      const made = macOf(path);
      const same = given.length === made.length && timingSafeEqual(given, made);
      return same ? sameSitePath(path) : null;
    },
  };
}
