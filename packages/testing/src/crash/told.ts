/**
 * What a node under load tells the campaign: what was acknowledged, once the use-case has answered, and (where
 * the word ends in -ing) what is about to be asked, so that a write without an answer counts neither way.
 */
export type Told =
  | { readonly kind: "ready" }
  | { readonly kind: "entity"; readonly person: string; readonly visits: number }
  | { readonly kind: "session"; readonly session: string; readonly acr: string }
  | { readonly kind: "ending-session"; readonly session: string }
  | { readonly kind: "session-ended"; readonly session: string }
  | { readonly kind: "granted"; readonly optOut: string; readonly person: string }
  | { readonly kind: "revoking"; readonly optOut: string }
  | { readonly kind: "revoked"; readonly optOut: string; readonly session: string }
  | {
      readonly kind: "honoured";
      readonly optOut: string;
      readonly decision: string;
      readonly index: number;
      readonly position: number;
    }
  | { readonly kind: "locked"; readonly lock: string }
  | { readonly kind: "lifting"; readonly lock: string }
  | { readonly kind: "lifted"; readonly lock: string }
  /** The node itself saw a rule broken. */
  | { readonly kind: "broken"; readonly detail: string };

const ACKNOWLEDGED: ReadonlySet<Told["kind"]> = new Set([
  "entity",
  "session",
  "session-ended",
  "granted",
  "revoked",
  "honoured",
  "locked",
  "lifted",
] as const);

export function isAcknowledged({ kind }: Told): boolean {
  return ACKNOWLEDGED.has(kind);
}

/** Takes text as it arrives and hands on whole lines; a last line cut off by the kill was never said. */
export function toldLines(hear: (told: Told) => void): (part: string) => void {
  let rest = "";
  return (part) => {
    const lines = `${rest}${part}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") hear(JSON.parse(line) as Told);
  };
}
