/** Names a visitor's visit for half an hour, where a visit was recorded. */
export const VISIT_COOKIE = "__Host-postern-visit";

/** What we set and read ourselves. An application never receives any of it. */
const OURS = /^__(?:Host|Secure)-postern(?:-|$)/i;

function* pairs(header: string): Generator<readonly [name: string, text: string]> {
  for (const part of header.split(";")) {
    const text = part.trim();
    if (text === "") continue;
    const equals = text.indexOf("=");
    const name = equals < 0 ? "" : text.slice(0, equals).trim();
    yield [name, text];
  }
}

/** A Cookie header without ours; null where nothing is left. */
export function withoutOwnCookies(header: string): string | null {
  const kept = [...pairs(header)].filter(([name]) => !OURS.test(name)).map(([, text]) => text);
  return kept.length === 0 ? null : kept.join("; ");
}

/** A cookie that only this host, over a secure connection, and no script can read. `maxAge` is in seconds. */
export function hostCookie(name: string, value: string, maxAge: number | null): string {
  const age = maxAge === null ? "" : `; Max-Age=${maxAge}`;
  return `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax${age}`;
}
