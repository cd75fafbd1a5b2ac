/** One's own session as the server describes it. Instants are milliseconds of the server's clock. */
export interface SessionDocument {
  readonly now: number;
  readonly state: "none" | "live" | "ended" | "revoked";
  readonly id: string | null;
  readonly acr: string | null;
  /** The earlier of the end by inactivity and the overall end. */
  readonly endsAt: number;
  readonly warnAt: number;
  readonly bannerAt: number | null;
  /** An extension would move `endsAt` now. */
  readonly canExtend: boolean;
  /** Null while it is live, and where the server does not say. */
  readonly endedBy: string | null;
  /** 32 bytes in base64url, the same for every session of one person and for nobody else's. Null: none is given. */
  readonly draftKey: string | null;
  /** As it came, with what is not read here: limits, opt-outs, how many extensions are left. */
  readonly whole: Readonly<Record<string, unknown>>;
}

/** Null where it cannot be understood: then nothing is concluded from it. */
export function readSession(value: unknown): SessionDocument | null {
  if (typeof value !== "object" || value === null) return null;
  const whole = { ...value } as Record<string, unknown>;
  const text = (name: string): string | null => (typeof whole[name] === "string" ? whole[name] : null);
  const instant = (name: string): number => Date.parse(text(name) ?? "");
  const state = text("state");
  const now = instant("now");
  if (state !== "none" && state !== "live" && state !== "ended" && state !== "revoked") return null;
  const [endsAt, warnAt, bannerAt] = [instant("endsAt"), instant("warnAt"), instant("bannerAt")];
  if (Number.isNaN(now) || (state === "live" && (Number.isNaN(endsAt + warnAt) || text("id") === null))) {
    return null;
  }
  const draftKey = text("draftKey");
  return {
    now,
    state,
    id: text("id"),
    acr: text("acr"),
    endsAt,
    warnAt,
    bannerAt: Number.isNaN(bannerAt) ? null : bannerAt,
    canExtend: whole.canExtend === true,
    endedBy: text("endedBy"),
    draftKey: draftKey !== null && /^[\w-]{43}$/.test(draftKey) ? draftKey : null,
    whole,
  };
}
