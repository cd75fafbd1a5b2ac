import { type Problem, problem } from "@postern/service";
import { PROBLEMS } from "./table.ts";

/** Problem details (RFC 9457 section 3.1), ready to be JSON. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: Problem["errors"];
  /** The decision that it belongs to. */
  readonly decision?: string;
  /** Where cause and fix are written down. */
  readonly help: string;
}

export const PROBLEM_MEDIA_TYPE = "application/problem+json";

/** The anchor of a code's section in docs/problems.md. */
export function anchorOf(code: string): string {
  return code.replaceAll(".", "");
}

/** `status` replaces the usual one where another standard says so (AuthZEN: 400). */
export function problemDocument(
  of: Problem,
  more: { readonly status?: number; readonly decision?: string } = {},
): ProblemDocument {
  const { status, title, type = `urn:postern:problem:${of.code}` } = PROBLEMS[of.code];
  return {
    type,
    title,
    status: more.status ?? status,
    code: of.code,
    detail: of.detail,
    ...(of.errors === undefined || of.errors.length === 0 ? {} : { errors: of.errors }),
    ...(more.decision === undefined ? {} : { decision: more.decision }),
    help: `docs/problems.md#${anchorOf(of.code)}`,
  };
}

/** Headers that a problem needs beside its body. */
export function problemHeaders({ code, errors }: Problem): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {
    "content-type": PROBLEM_MEDIA_TYPE,
    "cache-control": "no-store",
  };
  if (code === "caller.unauthenticated" || code === "bootstrap.secret") {
    headers["www-authenticate"] = 'Bearer realm="postern"';
  }
  if (code === "caller.level") {
    // RFC 9470 section 3.
    headers["www-authenticate"] =
      `Bearer realm="postern", error="insufficient_user_authentication", acr_values="${errors?.[0]?.fix ?? "aal2"}"`;
  }
  if (PROBLEMS[code].status === 503) headers["retry-after"] = "2";
  return headers;
}

/** A refusal on its way to the caller. Thrown inside route handlers only; one place turns it into an answer. */
export class Refused extends Error {
  readonly problem: Problem;
  constructor(of: Problem) {
    super(of.code);
    this.name = "Refused";
    this.problem = of;
  }
}

export function refused(...[code, detail, errors]: Parameters<typeof problem>): Refused {
  return new Refused(problem(code, detail, errors));
}
