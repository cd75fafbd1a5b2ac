/** What a gate asks of somebody who is signed in (RFC 9470 section 3). */
export interface StepUpChallenge {
  /** Each of these will do. Empty: the level is enough, its age is not. */
  readonly acrValues: readonly string[];
  /** Seconds; null: of any age. */
  readonly maxAge: number | null;
}

const SCHEME = /\s*,?\s*([A-Za-z][A-Za-z0-9-]*)(?:\s+(?=[A-Za-z_*-]+\s*=)|\s*(?=,|$))/y;
const PARAMETER = /\s*,?\s*([A-Za-z_*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/y;

/**
 * The challenge of a 401, or null where it is none of these: signing in for the first time leads away from the page,
 * and is the page's own matter.
 */
export function stepUpChallenge(response: Pick<Response, "status" | "headers">): StepUpChallenge | null {
  const header = response.status === 401 ? response.headers.get("www-authenticate") : null;
  if (header === null || header.length > 4_096) return null;
  const found = challenges(header).find(
    (parameters) => parameters.get("error") === "insufficient_user_authentication",
  );
  if (found === undefined) return null;
  const acrValues = (found.get("acr_values") ?? "").split(" ").filter((value) => /^[!-~]{1,64}$/.test(value));
  const age = found.get("max_age");
  if (age !== undefined && !/^\d{1,9}$/.test(age)) return null;
  return { acrValues: acrValues.slice(0, 8), maxAge: age === undefined ? null : Number(age) };
}

/** The parameters of each challenge for a bearer or DPoP token (RFC 9110 section 11.6.1); of what cannot be read, none. */
function challenges(header: string): readonly ReadonlyMap<string, string>[] {
  const read: Map<string, string>[] = [];
  let at = 0;
  let current: Map<string, string> | null = null;
  while (at < header.length) {
    PARAMETER.lastIndex = at;
    const parameter = PARAMETER.exec(header);
    if (parameter !== null && current !== null) {
      const [, name = "", quoted, plain = ""] = parameter;
      if (current.has(name.toLowerCase())) return [];
      current.set(name.toLowerCase(), quoted === undefined ? plain : quoted.replace(/\\(.)/g, "$1"));
      at = PARAMETER.lastIndex;
      continue;
    }
    SCHEME.lastIndex = at;
    const scheme = SCHEME.exec(header);
    if (scheme === null) return [];
    current = new Map();
    if (/^(?:bearer|dpop)$/i.test(scheme[1] ?? "")) read.push(current);
    at = SCHEME.lastIndex;
  }
  return read;
}

const LADDER = ["none", "aal1", "aal2", "aal3"];

/** Whether a session, as the gate describes it, says what is asked for. Only a hint: the gate decides about the call. */
export function isMet({ acrValues, maxAge }: StepUpChallenge, session: unknown): boolean {
  if (typeof session !== "object" || session === null) return false;
  const text = (name: string): string => String(Reflect.get(session, name) ?? "");
  if (text("state") !== "live") return false;
  const acr = text("acr");
  const reached = (wanted: string): boolean =>
    wanted === acr || (LADDER.includes(wanted) && LADDER.indexOf(acr) >= LADDER.indexOf(wanted));
  const fresh = Date.parse(text("now")) - Date.parse(text("authTime")) <= (maxAge ?? 0) * 1_000;
  return (acrValues.length === 0 || acrValues.some(reached)) && (maxAge === null || fresh);
}
