/** What a security signal can say. The names are those of CAEP 1.0 and RISC 1.0. */
export const SIGNAL_KINDS = [
  "session-revoked",
  "token-claims-change",
  "credential-change",
  "assurance-level-change",
  "device-compliance-change",
  "session-established",
  "session-presented",
  "risk-level-change",
  "account-credential-change-required",
  "account-purged",
  "account-disabled",
  "account-enabled",
  "identifier-changed",
  "identifier-recycled",
  "credential-compromise",
  "recovery-activated",
  "recovery-information-changed",
] as const;
export type SignalKind = (typeof SIGNAL_KINDS)[number];

const CAEP: ReadonlySet<string> = new Set([
  "session-revoked",
  "token-claims-change",
  "credential-change",
  "assurance-level-change",
  "device-compliance-change",
  "session-established",
  "session-presented",
  "risk-level-change",
]);

const SECEVENT = "https://schemas.openid.net/secevent";
/** About the stream itself (SSF 1.0 section 7.1.4 and 8.1.5). */
export const VERIFICATION_EVENT: string = `${SECEVENT}/ssf/event-type/verification`;
export const STREAM_UPDATED_EVENT: string = `${SECEVENT}/ssf/event-type/stream-updated`;

export function isSignalKind(text: string): text is SignalKind {
  return (SIGNAL_KINDS as readonly string[]).includes(text);
}

/** The address by which CAEP 1.0 or RISC 1.0 names it. */
export function eventUriOf(kind: SignalKind): string {
  return `${SECEVENT}/${CAEP.has(kind) ? "caep" : "risc"}/event-type/${kind}`;
}

const BY_URI: ReadonlyMap<string, SignalKind> = new Map([
  ...SIGNAL_KINDS.map((kind): readonly [string, SignalKind] => [eventUriOf(kind), kind]),
  // RISC 1.0 section 2.6: the older name, which CAEP's took the place of.
  [`${SECEVENT}/risc/event-type/sessions-revoked`, "session-revoked"],
]);

/** By its short name or its address; null: it is none that is known. */
export function signalKindOf(text: string): SignalKind | null {
  return isSignalKind(text) ? text : (BY_URI.get(text) ?? null);
}
