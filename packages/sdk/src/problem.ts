/** One thing wrong with a request, as problem details list it (RFC 9457 section 3.2). */
export interface ProblemPart {
  /** JSON pointer into the request, such as `#/length`. */
  readonly pointer: string;
  readonly detail: string;
  readonly fix?: string;
}

export interface ProblemFields {
  /** Stable: switch on it. */
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly errors?: readonly ProblemPart[];
  readonly decisionId?: string | null;
}

/**
 * Postern understood and refused. `code` is stable and listed in docs/problems.md; `detail` says what happened
 * and what it was compared with.
 */
export class PosternProblem extends Error {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly ProblemPart[];
  readonly decisionId: string | null;

  constructor(fields: ProblemFields) {
    super(`${fields.code}: ${fields.detail}`);
    this.name = "PosternProblem";
    this.code = fields.code;
    this.status = fields.status;
    this.title = fields.title;
    this.detail = fields.detail;
    this.errors = fields.errors ?? [];
    this.decisionId = fields.decisionId ?? null;
  }

  /** The same problem for one's own caller: `application/problem+json`, never stored. */
  toResponse(): Response {
    return problemResponse(this);
  }
}

/** Why there was no answer to act on. */
export type UnavailableReason =
  /** No connection, or it broke. */
  | "unreachable"
  /** No whole answer within the time-out. */
  | "timed_out"
  /** An answer that is not Postern's, or is not consistent with itself. */
  | "garbled"
  /** Postern says that it cannot answer now (a status of 429, or 500 and above). */
  | "refusing";

/** Nothing is known: neither yes nor no. Whoever enforces treats it as no. */
export class PosternUnavailable extends Error {
  readonly code: "unavailable";
  readonly reason: UnavailableReason;
  /** The HTTP status, where there was one. */
  readonly status: number | null;
  /** Seconds after which Postern asks to be asked again; null where it said nothing. */
  readonly retryAfter: number | null;

  constructor(
    reason: UnavailableReason,
    detail: string,
    more: {
      readonly status?: number | null;
      readonly retryAfter?: number | null;
      readonly cause?: unknown;
    } = {},
  ) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = "PosternUnavailable";
    this.code = "unavailable";
    this.reason = reason;
    this.status = more.status ?? null;
    this.retryAfter = more.retryAfter ?? null;
  }

  /** 503 as problem details. Says nothing of addresses or causes. */
  toResponse(): Response {
    const response = problemResponse({
      code: "unavailable",
      status: 503,
      title: "Not available right now",
      detail: "the request could not be decided; try again",
      errors: [],
      decisionId: null,
    });
    response.headers.set("retry-after", String(this.retryAfter ?? 5));
    return response;
  }
}

/** The members of a problem document (RFC 9457 section 3.1), in a stable order. */
export function problemDocument(problem: Required<ProblemFields>): Readonly<Record<string, unknown>> {
  return {
    type: "about:blank",
    title: problem.title,
    status: problem.status,
    code: problem.code,
    detail: problem.detail,
    ...(problem.errors.length === 0 ? {} : { errors: problem.errors }),
    ...(problem.decisionId === null ? {} : { decision: problem.decisionId }),
  };
}

function problemResponse(problem: Required<ProblemFields>): Response {
  const headers = new Headers({ "content-type": "application/problem+json", "cache-control": "no-store" });
  if (problem.decisionId !== null) headers.set("decision-id", problem.decisionId);
  return new Response(JSON.stringify(problemDocument(problem)), { status: problem.status, headers });
}
