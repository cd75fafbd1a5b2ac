import type { BlastRadius, EntityName, Outcome } from "@postern/core";
import { itemsOf } from "./page.ts";
import { linesOf } from "./reading.ts";
import { type CallOptions, path, type Transport, type WriteOptions } from "./transport.ts";

/** A policy directory, compiled and named by the hash of its content. */
export interface Revision {
  readonly id: string;
  readonly publishedAt: string;
  readonly activatedAt: string | null;
  readonly active: boolean;
  readonly replaced: string | null;
  readonly warnings?: readonly string[];
  /** Where one person just put it in force although it widens: the act that a second person looks at. */
  readonly unreviewed?: string;
  /** Where it was just put in force: when that was recorded, and when every live node had it (null: not yet). */
  readonly recorded?: string;
  readonly inEffect?: string | null;
  readonly entry?: number;
}

/** What is tried out: a published revision, or files that nobody has published. */
export interface SimulationQuery {
  readonly revision?: string;
  readonly files?: readonly { readonly path: string; readonly text: string }[];
  /** Which facts are decided on; default `recorded`. */
  readonly facts?: "recorded" | "now";
  /** RFC 3339. */
  readonly since?: string;
  readonly until?: string;
  readonly limit?: number;
  readonly subject?: EntityName;
  readonly outcome?: Outcome;
}

/** Live opt-outs of one offer to which a candidate does the same. */
export interface FateGroup {
  readonly fate: "ends" | "no-longer-matches" | "reaches-more";
  readonly offer: string;
  readonly reason: string | null;
  readonly wider: readonly string[];
  readonly optOuts: number;
  readonly examples: readonly string[];
}

export interface SimulationReport extends BlastRadius {
  readonly revision: string | null;
  readonly active: string | null;
  readonly facts: "recorded" | "now";
  readonly since: string;
  readonly until: string;
  readonly ended: "all" | "limit" | "time";
  readonly reached: string | null;
  readonly notReplayed: readonly { readonly reason: string; readonly count: number }[];
  readonly madeOn: readonly { readonly revision: string; readonly decisions: number }[];
  readonly optOuts: {
    readonly live: number;
    readonly ends: number;
    readonly noLongerMatch: number;
    readonly reachMore: number;
    readonly groups: readonly FateGroup[];
  };
  /** Where the candidate makes another score: how many were scored anew, and what of it stays as recorded. */
  readonly risk: {
    readonly scoredAnew: number;
    readonly asRecorded: readonly { readonly what: string; readonly decisions: number }[];
  };
  /** What became of the lines of a file; null: the decision log was read. */
  readonly file: {
    readonly lines: number;
    readonly leftOut: number;
    readonly named: readonly { readonly line: number; readonly reason: string }[];
    readonly whole: boolean;
  } | null;
  readonly wider: readonly string[];
  readonly widerTotal: number;
  readonly widens: boolean;
  readonly milliseconds: number;
}

export type SimulationEvent =
  | { readonly event: "started"; readonly facts: string; readonly since: string; readonly until: string }
  | {
      readonly event: "found";
      readonly decision: string;
      readonly effect: string;
      readonly before: Outcome;
      readonly after: Outcome;
      readonly subject: string | null;
      readonly action: string;
      readonly resource: string;
    }
  | {
      readonly event: "progress";
      readonly decisions: number;
      readonly changed: number;
      readonly unprotected: number;
      readonly done: number;
    }
  | { readonly event: "report"; readonly report: SimulationReport };

/** What a node made of a revision that is observed beside what is in force. */
export interface Observation {
  readonly revision: string;
  readonly startedAt: string;
  readonly until: string;
  readonly state: "observing" | "ended";
  readonly compared: number;
  readonly notCompared: number;
  readonly blast: BlastRadius;
}

export interface PolicyStatus {
  readonly active: string | null;
  readonly observed: readonly {
    readonly kind: "Protection" | "Offer";
    readonly name: string;
    readonly owner: string;
    readonly mode: string;
    readonly observeUntil: string | null;
    readonly state: "observing" | "without-end" | "in-force" | "overdue";
  }[];
  readonly observation: Observation | null;
}

export interface CoverageRow {
  readonly resource: string;
  readonly action: string;
  readonly governed: boolean;
  readonly protections: readonly string[];
  readonly observed: readonly string[];
  readonly seen: number;
  readonly ungoverned: number;
}

export interface Coverage {
  readonly revision: string | null;
  readonly items: readonly CoverageRow[];
  readonly total: number;
  readonly ungoverned: number;
  readonly more: number;
  readonly unseen: readonly string[];
}

export interface Policy {
  /** Compiles and keeps it; changes nothing yet. Throws `policy.does_not_compile` with every error's place. */
  publish(
    files: readonly { readonly path: string; readonly text: string }[],
    options?: WriteOptions,
  ): Promise<Revision>;
  activate(id: string, options?: WriteOptions): Promise<Revision>;
  /** To the revision just replaced, or to one that is not wider. */
  rollback(to?: string, options?: WriteOptions): Promise<Revision>;
  list(options?: CallOptions): Promise<readonly Revision[]>;
  /** Counts what a revision would answer beside the one in force, until an end. */
  observe(id: string, until: string, options?: WriteOptions): Promise<Observation>;
  stopObserving(
    id: string,
    options?: WriteOptions,
  ): Promise<Pick<Observation, "revision" | "until" | "state">>;
  status(options?: CallOptions): Promise<PolicyStatus>;
  /** What was asked for at this node and what governs it, the ungoverned first. */
  coverage(
    query?: { readonly ungoverned?: boolean; readonly limit?: number },
    options?: CallOptions,
  ): Promise<Coverage>;
  /**
   * Decides recorded requests again under a candidate; changes nothing. The last event is the report. `records`: the
   * bytes of an export in place of the decision log.
   */
  simulate(
    query: SimulationQuery,
    options?: CallOptions & { readonly records?: AsyncIterable<Uint8Array> },
  ): AsyncIterable<SimulationEvent>;
}

export function policy(transport: Transport): Policy {
  const at = "/v1/policy/revisions";
  return {
    publish: async (files, options) =>
      (await transport.json({ ...options, method: "POST", path: at, body: { files } })) as Revision,
    activate: async (id, options) =>
      (await transport.json({
        ...options,
        method: "POST",
        path: `${at}${path(id, "activate")}`,
        body: {},
      })) as Revision,
    rollback: async (to, options) =>
      (await transport.json({
        ...options,
        method: "POST",
        path: "/v1/policy/rollback",
        body: to === undefined ? {} : { to },
      })) as Revision,
    observe: async (id, until, options) =>
      (await transport.json({
        ...options,
        method: "POST",
        path: `${at}${path(id, "observe")}`,
        body: { until },
      })) as Observation,
    stopObserving: async (id, options) =>
      (await transport.json({
        ...options,
        method: "DELETE",
        path: `${at}${path(id, "observe")}`,
      })) as Pick<Observation, "revision" | "until" | "state">,
    status: async (options) =>
      (await transport.json({ ...options, method: "GET", path: "/v1/policy/status" })) as PolicyStatus,
    coverage: async (query = {}, options) =>
      (await transport.json({ ...options, method: "GET", path: "/v1/coverage", query })) as Coverage,
    async *simulate(query, { records, ...options } = {}) {
      const stream = await transport.stream({
        ...options,
        ...(records === undefined ? {} : { lines: records }),
        method: "POST",
        path: "/v1/policy/simulations",
        body: query,
        keyed: false,
      });
      for await (const line of linesOf(stream)) if (line !== "") yield JSON.parse(line) as SimulationEvent;
    },
    list: async (options) => itemsOf<Revision>(await transport.json({ ...options, method: "GET", path: at })),
  };
}
