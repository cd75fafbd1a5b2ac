import { PosternProblem, PosternUnavailable } from "@postern/sdk";
import { EXIT, type ExitCode } from "./exit-code.ts";

/** The command was not written as it should be. */
export class UsageError extends Error {
  /** What to try instead. */
  readonly hint: string | null;

  constructor(message: string, hint: string | null = null) {
    super(message);
    this.name = "UsageError";
    this.hint = hint;
  }
}

/** A command that ends with a code of its own, and says why. */
export class CommandError extends Error {
  readonly exit: ExitCode;
  readonly hint: string | null;

  constructor(exit: ExitCode, message: string, hint: string | null = null) {
    super(message);
    this.name = "CommandError";
    this.exit = exit;
    this.hint = hint;
  }
}

export interface Failure {
  readonly exit: ExitCode;
  /** Stable; what `-o json` shows as `code`. */
  readonly code: string;
  readonly message: string;
  readonly details: readonly string[];
  readonly hint: string | null;
}

/** What an error means to whoever typed the command. */
export function failureOf(error: unknown): Failure {
  if (error instanceof UsageError) {
    return { exit: EXIT.usage, code: "usage", message: error.message, details: [], hint: error.hint };
  }
  if (error instanceof CommandError) {
    return { exit: error.exit, code: "failed", message: error.message, details: [], hint: error.hint };
  }
  if (error instanceof PosternUnavailable) return unavailable(error);
  if (error instanceof PosternProblem) return refused(error);
  if (error instanceof Error && error.name === "AbortError") {
    return { exit: EXIT.interrupted, code: "interrupted", message: "interrupted", details: [], hint: null };
  }
  return { exit: EXIT.unexpected, code: codeOf(error), message: messageOf(error), details: [], hint: null };
}

/** Ours have a room and a name, `restore.ends_malformed`; those of Node do not. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return typeof code === "string" && /^[a-z]+\.[a-z_]+$/.test(code) ? code : "unexpected";
}

function unavailable(error: PosternUnavailable): Failure {
  const cause = error.cause instanceof Error ? messageOf(error.cause.cause ?? error.cause) : null;
  return {
    exit: EXIT.unavailable,
    code: "unavailable",
    message: error.message,
    details: cause === null ? [] : [cause],
    hint: "is Postern running, and does POSTERN_URL name its control plane? `postern doctor` looks into it",
  };
}

function refused(problem: PosternProblem): Failure {
  return {
    exit: exitOf(problem),
    code: problem.code,
    message: `${problem.detail} (${problem.code})`,
    details: problem.errors.flatMap((one) => detailsOf(problem.code, one)),
    hint: hintOf(problem),
  };
}

/** A mistake in policy comes as it is shown offline: its place, the line with a caret, the name that was meant. */
function detailsOf(
  code: string,
  { pointer, detail, fix }: PosternProblem["errors"][number],
): readonly string[] {
  if (code === "policy.does_not_compile") return detail.split("\n");
  return [`${pointer}: ${detail}${fix === undefined ? "" : `; try ${fix}`}`];
}

function exitOf({ code, status }: PosternProblem): ExitCode {
  if (code === "policy.does_not_compile") return EXIT.policyDoesNotCompile;
  if (/^(opt-out|role)\./.test(code) || code === "policy.second_person") return EXIT.denied;
  return status === 401 || status === 403 ? EXIT.denied : EXIT.unexpected;
}

function hintOf({ code, errors }: PosternProblem): string | null {
  switch (code) {
    case "caller.level":
      return `sign in with more: \`postern login --level ${errors[0]?.fix ?? "aal2"}\``;
    case "role.person":
      return "`postern account invite` lets them in first";
    case "caller.unauthenticated":
      return "sign in with `postern login`, or set POSTERN_TOKEN, or POSTERN_TOKEN_FILE to a file that holds the token";
    case "caller.scope":
      return "ask an administrator for a role or a token with that scope: `postern role grant --help`, `postern token issue --help`";
    case "opt-out.offer_unknown":
      return "`postern offer ls` shows what may be asked for";
    case "opt-out.holder_not_offered":
      return "`postern offer ls` shows for whom: name a device with --device, a person with --subject, or --anonymous";
    case "policy.does_not_compile":
      return "`postern policy check` finds the same without a server";
    case "version.changed":
      return "someone changed it since you looked: look again, then repeat";
    default:
      return null;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
