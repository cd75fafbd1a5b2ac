import type { EntityName } from "@postern/core";
import type { Answer } from "../answer.ts";
import { type Client, createClient } from "../client.ts";
import type { Credentials, Described, Evaluation } from "../evaluation.ts";
import type { GuardDecision } from "./outcome.ts";

/** Who makes a request, as the application knows it from its own session. */
export interface GuardSubject extends Described<{ readonly id: string }> {
  /** Default `user`. */
  readonly type?: string;
  /** The id of the session registered with Postern (`ses_…`). Without it no requirement counts as met. */
  readonly session?: string;
  /** Someone else acts for the subject: opt-outs are not inherited. */
  readonly delegated?: boolean;
}

/**
 * What happens while Postern cannot be asked. `enforce`: as if no opt-out existed, the person is challenged.
 * `deny`: nobody is let through. There is no third.
 */
export type OnUnavailable = "enforce" | "deny";

interface GuardSettings<Request, Action extends string> {
  /** Names the application in Postern's log. */
  readonly app: string;
  /** All actions that may be asked about. Stating them turns a typing error into a compile error. */
  readonly actions?: readonly Action[];
  /** Who makes the request; null: a visitor. */
  readonly subject: (request: Request) => GuardSubject | null | Promise<GuardSubject | null>;
  /**
   * What a request brings that may be an access token of Postern's; without it none is taken. Whoever is known by both,
   * a session of the application and an access token, is not let through.
   */
  readonly accessToken?: (request: Request) => Credentials | null;
  /** The client's address, for budgets of visitors. */
  readonly network?: (request: Request) => string | undefined;
  /** Where a request comes from, past your own proxies: for risk. */
  readonly from?: (request: Request) => Evaluation["from"];
  /** Whether the person is there, and the request no poll: for the inactivity timeout of their session. */
  readonly active?: (request: Request) => boolean;
  readonly onUnavailable: OnUnavailable;
  /** Told of each time when Postern could not be asked. What it throws is ignored. */
  readonly report?: (error: unknown) => void;
}

export type GuardOptions<Request, Action extends string = string> = GuardSettings<Request, Action> &
  (
    | { readonly client: Pick<Client, "evaluation">; readonly url?: never; readonly token?: never }
    | {
        readonly client?: never;
        readonly url: string;
        readonly token: string;
        /** Milliseconds to wait for an answer. Default 2,000. */
        readonly timeout?: number;
        readonly fetch?: typeof fetch;
      }
  );

export interface Ask<Action extends string = string> {
  readonly action: Action;
  /** Text names a resource of type `route`. */
  readonly resource: Described<EntityName> | string;
  /** Facts of this request. Only what policy declares is read. */
  readonly context?: Readonly<Record<string, unknown>>;
}

export interface Guard<Request, Action extends string = string> {
  /** Never throws: whatever goes wrong refuses, in the asking too. */
  decide(
    request: Request,
    ask: Ask<NoInfer<Action>> | ((request: Request) => Ask<NoInfer<Action>>),
  ): Promise<GuardDecision>;
}

/** Throws `TypeError` for options that cannot work. */
export function createGuard<Request, const Action extends string = string>(
  options: GuardOptions<Request, Action>,
): Guard<Request, Action> {
  const { onUnavailable, actions } = options;
  if (onUnavailable !== "enforce" && onUnavailable !== "deny") {
    throw new TypeError(
      `expected \`enforce\` or \`deny\` for onUnavailable, got \`${String(onUnavailable)}\``,
    );
  }
  const client = options.client ?? createClient({ timeout: 2_000, ...options });
  return {
    async decide(request, asking) {
      let known = false;
      try {
        const ask = typeof asking === "function" ? asking(request) : asking;
        if (actions?.includes(ask.action) === false) {
          throw new TypeError(`expected one of the guard's actions, got \`${ask.action}\``);
        }
        const subject = await options.subject(request);
        const token = options.accessToken?.(request) ?? null;
        if (subject !== null && token !== null) return TWICE;
        known = subject !== null || token !== null;
        const active = options.active?.(request);
        const question = {
          ...questionOf(subject, ask, options.network?.(request), options.from?.(request)),
          ...(active === undefined ? {} : { active }),
        };
        const answer = await client.evaluation(
          token === null ? question : { ...question, accessToken: token },
        );
        // A token that is not taken names nobody: nothing was asked about.
        return decisionOf(answer, token === null ? known : answer.unmet.length > 0);
      } catch (cause) {
        report(options.report, cause);
        return unavailable(onUnavailable, known, cause);
      }
    },
  };
}

function questionOf(
  subject: GuardSubject | null,
  ask: Ask,
  network: string | undefined,
  from: Evaluation["from"],
): Evaluation {
  const { action, resource, context } = ask;
  return {
    action: { name: action },
    resource: typeof resource === "string" ? { type: "route", id: resource } : resource,
    ...(context === undefined ? {} : { context }),
    ...(network === undefined ? {} : { network }),
    ...(from === undefined ? {} : { from }),
    ...(subject === null ? {} : asked(subject)),
  };
}

function asked({
  session,
  delegated,
  type = "user",
  ...named
}: GuardSubject): Pick<Evaluation, "subject" | "session" | "delegated"> {
  return {
    subject: { ...named, type },
    ...(session === undefined ? {} : { session }),
    ...(delegated === undefined ? {} : { delegated }),
  };
}

function decisionOf(answer: Answer, known: boolean): GuardDecision {
  const { outcome, decisionId, unmet, waived, acrValues, maxAge } = answer;
  const refusal = { decisionId, unmet, stale: false, cause: null } as const;
  // AuthZEN: whoever cannot perform an obligation must refuse. This guard performs none.
  if (answer.obligations.length > 0 && (outcome === "permit" || outcome === "honour")) {
    return { ...refusal, outcome: "deny", message: messageOf(answer, REFUSED) };
  }
  switch (outcome) {
    case "permit":
      return { outcome, decisionId, stale: false };
    case "honour":
      return { outcome, decisionId, stale: false, waived };
    case "challenge":
      return {
        ...refusal,
        outcome,
        message: messageOf(answer, AGAIN),
        known: known && !unmet.some(({ reason }) => NOT_SIGNED_IN.has(reason)),
        acrValues,
        maxAge,
        ...(answer.wwwAuthenticate === null ? {} : { wwwAuthenticate: answer.wwwAuthenticate }),
      };
    case "deny":
      return { ...refusal, outcome, message: messageOf(answer, REFUSED) };
    default:
      return outcome satisfies never;
  }
}

/** RFC 9470 speaks of someone who is authenticated, but not well enough; these are not. */
const NOT_SIGNED_IN: ReadonlySet<string> = new Set(["no_session", "session_ended"]);

/** Which of the two a request is by would be for each reader to guess. */
const TWICE: GuardDecision = {
  outcome: "challenge",
  decisionId: null,
  unmet: [],
  stale: false,
  cause: null,
  message: "Sign in by a session or by an access token, not by both.",
  known: false,
  acrValues: null,
  maxAge: null,
  wwwAuthenticate: 'Bearer realm="postern", error="invalid_request"',
};

const AGAIN = "You need to confirm that it is you.";
const REFUSED = "You may not do this.";
const LATER = "This cannot be checked right now. Try again in a moment.";

function messageOf(answer: Answer, otherwise: string): string {
  return answer.message.en ?? Object.values(answer.message)[0] ?? otherwise;
}

function unavailable(onUnavailable: OnUnavailable, known: boolean, cause: unknown): GuardDecision {
  const refusal = { decisionId: null, unmet: [], stale: true, message: LATER, cause } as const;
  return onUnavailable === "enforce"
    ? { ...refusal, outcome: "challenge", known, acrValues: null, maxAge: null }
    : { ...refusal, outcome: "deny" };
}

function report(tell: ((error: unknown) => void) | undefined, error: unknown): void {
  try {
    tell?.(error);
  } catch {
    // A logger that fails must not change the answer.
  }
}
