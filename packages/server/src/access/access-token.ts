import { accept, type Result, refuse } from "@postern/core";
import { type Problem, problem } from "@postern/service";
import type { Bearers, Brought } from "../access-token/bearers.ts";
import { problemDocument } from "../problem/document.ts";
import { isFields, kindOf } from "./question.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What an enforcement point passes on of a request that may be by an access token, as it came. */
interface PassedOn {
  readonly resource: string;
  readonly authorization: string;
  readonly dpop: string | null;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
}

const KNOWN: ReadonlySet<string> = new Set(["resource", "authorization", "dpop", "method", "target"]);
const LONGEST = 8_192;

/**
 * Takes `context.postern.access_token` out of a question. Whoever asks with one names nobody beside it: the session that
 * the token is a handle of says who it is.
 */
export function takeAccessToken(
  body: Fields,
): Result<{ readonly body: Fields; readonly given: PassedOn | null }, Problem> {
  const { context } = body;
  const own = isFields(context) ? context.postern : undefined;
  if (!isFields(own) || own.access_token === undefined) return accept({ body, given: null });
  const { access_token: given, ...rest } = own;
  const read = passedOn(given);
  if (!read.ok) return read;
  if (rest.session !== undefined || !isFields(body.subject) || body.subject.type !== "anonymous")
    return malformed("expected no subject and no session beside it");
  return accept({ body: { ...body, context: { ...(context as Fields), postern: rest } }, given: read.value });
}

function passedOn(given: unknown): Result<PassedOn, Problem> {
  if (!isFields(given)) return malformed(`expected an object, got ${kindOf(given)}`);
  if (!Object.keys(given).every((name) => KNOWN.has(name)))
    return malformed("expected `resource`, `authorization`, `dpop`, `method` and `target`");
  const { resource, authorization, dpop = null, method, target } = given;
  if (!isText(resource) || !isText(authorization) || !isText(method) || !isText(target))
    return malformed("expected texts in `resource`, `authorization`, `method` and `target`");
  if (dpop !== null && !isText(dpop)) return malformed("expected a text in `dpop`");
  return accept({ resource, authorization, dpop, method, target });
}

function isText(given: unknown): given is string {
  return typeof given === "string" && given.length <= LONGEST;
}

function malformed(detail: string): { readonly ok: false; readonly refusal: Problem } {
  const pointer = "#/context/postern/access_token";
  return refuse(problem("request.malformed", `${pointer.slice(2)}: ${detail}`, [{ pointer, detail }]));
}

/** Null: it brings none. */
export function broughtBy(given: PassedOn, bearers: Bearers | undefined): Brought | Promise<Brought> | null {
  const server = bearers?.at(given.resource) ?? null;
  if (bearers === undefined || server === null)
    return {
      kind: "refused",
      problem: problem("access-token.invalid", "expected the `resource` of a client of the OpenID Provider"),
      headers: {},
    };
  const { authorization, dpop, method, target } = given;
  const request = {
    headers: {},
    headersDistinct: { authorization: [authorization], ...(dpop === null ? {} : { dpop: [dpop] }) },
  };
  return bearers.of(request, { server, method, target });
}

/** The answer to a question whose access token is not taken: nobody was asked about. */
export function refusedToken({ problem: of, headers }: Extract<Brought, { kind: "refused" }>): object {
  const { status, code, detail } = problemDocument(of);
  return {
    decision: false,
    context: {
      outcome: "challenge",
      error: { status, code, message: detail },
      ...(headers["www-authenticate"] === undefined ? {} : { www_authenticate: headers["www-authenticate"] }),
    },
  };
}
