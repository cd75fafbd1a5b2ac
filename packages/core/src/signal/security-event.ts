import { earlier, type Instant } from "../vocabulary/instant.ts";
import { accept, type Result, refuse } from "../vocabulary/result.ts";
import { STREAM_UPDATED_EVENT, signalKindOf, VERIFICATION_EVENT } from "./kind.ts";
import { readStatement, type Statement } from "./statement.ts";
import { readSubjectId, type SubjectId } from "./subject-id.ts";

/** RFC 8935 section 2.4. */
export type SetErrorCode =
  | "invalid_request"
  | "invalid_key"
  | "invalid_issuer"
  | "invalid_audience"
  | "authentication_failed"
  | "access_denied";

export interface SetRefusal {
  readonly code: SetErrorCode;
  readonly detail: string;
}

/** A security event token (RFC 8417) whose signature somebody has checked. */
export interface SecurityEvent {
  readonly issuer: string;
  readonly id: string;
  readonly subject: SubjectId;
  /** When it happened, as far as it says; else when it was issued. */
  readonly happenedAt: Instant;
  readonly txn: string | null;
  readonly event:
    | { readonly type: "signal"; readonly said: Statement }
    | { readonly type: "verification"; readonly state: string | null }
    | { readonly type: "stream-updated"; readonly status: string }
    /** One that nothing here follows from. */
    | { readonly type: "other"; readonly uri: string };
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface SetExpectation {
  readonly issuer: string;
  readonly audience: string;
  readonly now: Instant;
  /** How old it may be, in milliseconds. */
  readonly oldest: number;
}

type Fields = Readonly<Record<string, unknown>>;

const AHEAD_MS = 60_000;
const LONGEST_ID = 256;
const TYPES: ReadonlySet<unknown> = new Set(["secevent+jwt", "application/secevent+jwt"]);

/**
 * Reads the header's `typ` and the claims of a security event token as SSF 1.0 section 4 profiles it: explicitly
 * typed, without `sub` and `exp` so that it is never taken for another token, with one event, one issuer, one subject.
 */
export function readSecurityEvent(
  typ: unknown,
  claims: unknown,
  expected: SetExpectation,
): Result<SecurityEvent, SetRefusal> {
  if (!isFields(claims)) return no("invalid_request", "expected claims");
  if (typeof typ !== "string" || !TYPES.has(typ.toLowerCase()))
    return no("invalid_request", "expected the `typ` `secevent+jwt`");
  const { iss, aud, jti, iat, sub_id: named, events, txn } = claims;
  if (iss !== expected.issuer) return no("invalid_issuer", "expected another `iss`");
  const audiences = Array.isArray(aud) ? aud : [aud];
  if (!audiences.every((one) => typeof one === "string") || !audiences.includes(expected.audience))
    return no("invalid_audience", "expected this receiver in `aud`");
  for (const name of ["sub", "exp"])
    if (Object.hasOwn(claims, name))
      return no("invalid_request", `expected no \`${name}\` (SSF 1.0 section 4)`);
  if (typeof jti !== "string" || jti === "" || jti.length > LONGEST_ID)
    return no("invalid_request", `expected a \`jti\` of 1 to ${LONGEST_ID} characters`);
  if (txn !== undefined && typeof txn !== "string") return no("invalid_request", "expected a text in `txn`");
  const issued = instantOf(iat);
  if (issued === null) return no("invalid_request", "expected `iat` in whole seconds since 1970");
  if (issued > expected.now + AHEAD_MS)
    return no("invalid_request", "expected an `iat` that is not in the future");
  if (issued < expected.now - expected.oldest)
    return no("invalid_request", "expected an `iat` of the last days");
  const subject = readSubjectId(named);
  if (!subject.ok) return no("invalid_request", subject.refusal);
  if (!isFields(events)) return no("invalid_request", "expected `events`");
  const [only, ...others] = Object.entries(events);
  if (only === undefined || others.length > 0)
    return no("invalid_request", `expected one event, got ${others.length + (only === undefined ? 0 : 1)}`);
  const [uri, said] = only;
  if (!isFields(said)) return no("invalid_request", "expected the claims of the event");
  const happenedAt = timeOf(said.event_timestamp ?? claims.toe, issued);
  if (happenedAt === null)
    return no("invalid_request", "expected `event_timestamp` in whole seconds since 1970");
  const event = readEvent(uri, said);
  if (!event.ok) return no("invalid_request", event.refusal);
  return accept({
    issuer: expected.issuer,
    id: jti,
    subject: subject.value,
    happenedAt,
    txn: txn ?? null,
    event: event.value,
    claims: said,
  });
}

function readEvent(uri: string, said: Fields): Result<SecurityEvent["event"], string> {
  if (uri === VERIFICATION_EVENT) {
    const { state } = said;
    if (state !== undefined && typeof state !== "string") return refuse("expected a text in `state`");
    return accept({ type: "verification", state: state ?? null });
  }
  if (uri === STREAM_UPDATED_EVENT) {
    const { status } = said;
    return status === "enabled" || status === "paused" || status === "disabled"
      ? accept({ type: "stream-updated", status })
      : refuse("expected a `status` of `enabled`, `paused` or `disabled`");
  }
  const kind = uri.includes("/") ? signalKindOf(uri) : null;
  if (kind === null) return accept({ type: "other", uri });
  const statement = readStatement(kind, said);
  return statement.ok ? accept({ type: "signal", said: statement.value }) : statement;
}

/**
 * What was issued has happened: a later word is not believed, or it would make everything that comes after it look
 * old.
 */
function timeOf(said: unknown, issued: Instant): Instant | null {
  if (said === undefined) return issued;
  const at = instantOf(said);
  return at === null ? null : earlier(at, issued);
}

const LAST_SECOND = 253_402_214_400;

function instantOf(seconds: unknown): Instant | null {
  return typeof seconds === "number" && Number.isSafeInteger(seconds) && seconds >= 0 && seconds < LAST_SECOND
    ? ((seconds * 1000) as Instant)
    : null;
}

function no(code: SetErrorCode, detail: string): { readonly ok: false; readonly refusal: SetRefusal } {
  return refuse({ code, detail });
}

function isFields(given: unknown): given is Fields {
  return typeof given === "object" && given !== null && !Array.isArray(given);
}
