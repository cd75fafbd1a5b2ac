import type { EntityName, Explanation, Outcome, ReasonCode } from "@postern/core";
import { queried } from "./entity.ts";
import { type Evaluation, evaluationBody } from "./evaluation.ts";
import { isFields, numberIn } from "./json.ts";
import type { Mark } from "./mark.ts";
import { type Listing, listing, type PageQuery } from "./page.ts";
import { PosternUnavailable } from "./problem.ts";
import { linesOf } from "./reading.ts";
import { eventsOf } from "./server-sent.ts";
import { type CallOptions, path, type Transport, type WriteOptions } from "./transport.ts";

/** One decision as the log keeps it. Instants are RFC 3339 in UTC. */
export interface LoggedDecision {
  readonly id: string;
  readonly at: string;
  readonly outcome: Outcome;
  readonly subject: EntityName | null;
  readonly action: string;
  readonly resource: EntityName;
  readonly revision: string;
  readonly controls: readonly {
    readonly control: string;
    readonly result: "met" | "waived" | "unmet";
    readonly reason: ReasonCode | null;
    readonly optOut: string | null;
  }[];
  /** When the honoured opt-out ends; null where none was honoured. */
  readonly endsAt: string | null;
  /** Policy file and line. */
  readonly rule: string | null;
  /** Microseconds spent deciding. */
  readonly micros: number;
  /** Where the honour stands in the ledger. */
  readonly entry: { readonly index: number; readonly position: number } | null;
  readonly governed: boolean;
}

export interface Why {
  readonly decision: LoggedDecision;
  readonly explanation: Explanation;
  readonly facts: Readonly<Record<string, unknown>>;
  /** What persons said of it since, each their last word. */
  readonly marks: readonly Pick<Mark, "as" | "own" | "at">[];
}

/** A decision as it happens, or a gap: so many were not sent because this reader was too slow. */
export type DecisionEvent =
  | { readonly kind: "decision"; readonly decision: LoggedDecision }
  | { readonly kind: "gap"; readonly missed: number };

export interface Decisions {
  list(
    query?: PageQuery & { readonly subject?: EntityName; readonly outcome?: Outcome },
  ): Listing<LoggedDecision>;
  why(id: string, options?: CallOptions): Promise<Why>;
  /** Says whether a challenge or a denial was needed. No answer rests on it. */
  mark(id: string, as: Mark["as"], options?: WriteOptions): Promise<Mark>;
  /** What the answer would be: nothing is recorded and no use is spent, so `honour` means would honour. */
  consider(
    evaluation: Evaluation,
    options?: CallOptions,
  ): Promise<{ readonly outcome: Outcome; readonly explanation: Explanation }>;
  /** The lines of an export, for `policy.simulate`; the last says that it is whole. */
  export(
    query?: {
      readonly since?: string;
      readonly until?: string;
      readonly limit?: number;
      readonly subject?: EntityName;
      readonly outcome?: Outcome;
    },
    options?: CallOptions,
  ): AsyncIterable<string>;
  /** Ends with the signal; throws `PosternUnavailable` when the connection breaks. */
  stream(options?: CallOptions): AsyncIterable<DecisionEvent>;
}

export function decisions(transport: Transport): Decisions {
  return {
    list: ({ subject, signal, ...query } = {}) =>
      listing<LoggedDecision>(transport, {
        method: "GET",
        path: "/v1/decisions",
        query: { ...query, subject: queried(subject) },
        ...(signal === undefined ? {} : { signal }),
      }),
    why: async (id, options) =>
      (await transport.json({ ...options, method: "GET", path: `/v1/decisions${path(id)}` })) as Why,
    mark: async (id, as, options) =>
      (await transport.json({
        ...options,
        method: "POST",
        path: `/v1/decisions${path(id, "mark")}`,
        body: { as },
      })) as Mark,
    consider: async (evaluation, options) =>
      (await transport.json({
        ...options,
        method: "POST",
        path: "/v1/decisions/consider",
        body: evaluationBody(evaluation),
      })) as { readonly outcome: Outcome; readonly explanation: Explanation },
    async *export({ subject, ...query } = {}, options) {
      yield* linesOf(
        await transport.stream({
          ...options,
          method: "GET",
          path: "/v1/decisions/export",
          query: { ...query, subject: queried(subject) },
        }),
      );
    },
    async *stream(options) {
      const body = await transport.stream({
        ...options,
        method: "GET",
        path: "/v1/decisions/stream",
        headers: { accept: "text/event-stream" },
      });
      for await (const { event, data } of eventsOf(body)) {
        if (event === "decision" || event === "gap") yield eventOf(event, data);
      }
    },
  };
}

function eventOf(event: "decision" | "gap", data: string): DecisionEvent {
  const value = parsed(data);
  if (!isFields(value)) throw new PosternUnavailable("garbled", "expected an object in the stream");
  return event === "gap"
    ? { kind: "gap", missed: numberIn(value, "dropped") ?? 0 }
    : { kind: "decision", decision: value as unknown as LoggedDecision };
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (cause) {
    throw new PosternUnavailable("garbled", "expected JSON in the stream", { cause });
  }
}
