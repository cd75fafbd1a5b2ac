import type { Decision } from "@postern/core";
import type { Service } from "@postern/service";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Log } from "./log.ts";
import type { Receiver } from "./shared-signals/receiver.ts";
import { signalMetrics } from "./shared-signals/signal-metrics.ts";

/** What is counted, for operators. No label ever names a person, session, resource or token. */
export interface Metrics {
  /** Counts one answer and the milliseconds that it took. Called on the hot path: no allocation per call. */
  decided(decision: Decision, milliseconds: number): void;
  /** Counts how a prompt ended that stood between a person and what they wanted. */
  prompted(prompt: Prompt, outcome: PromptOutcome): void;
  /** Counts what became of a form that met a challenge at the gateway. */
  parkedForm(outcome: ParkedFormOutcome): void;
  /** An access token that came to a gate. */
  accessToken(outcome: "taken" | "refused"): void;
  /** Counts one API request by its route template. */
  requested(method: string, route: string, status: number): void;
  readonly contentType: string;
  text(): Promise<string>;
}

/** What asked, for which control and why: of closed lists, so that no label grows. */
export interface Prompt {
  readonly prompt: "sign-in" | "step-up" | "recovery";
  readonly control: "authentication" | "step-up";
  readonly reason: string;
}

export type PromptOutcome = "met" | "cancelled" | "abandoned" | "failed";

export type ParkedFormOutcome =
  | "parked"
  | "sent"
  | "discarded"
  | "gone"
  | "too-large"
  | "too-many"
  | "unreadable";

const BUCKETS = [0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

export function createMetrics(
  {
    ledger,
    node,
    optOuts,
    coverage,
    streams,
  }: Pick<Service, "ledger" | "node" | "optOuts" | "coverage" | "streams">,
  receiver: Pick<Receiver, "status">,
): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counted = new Map<string, Map<string, number>>();
  new Counter({
    name: "postern_decisions_total",
    help: "Answers by the control that decided them and by outcome.",
    labelNames: ["control", "outcome"],
    registers,
    collect(): void {
      this.reset();
      for (const [control, outcomes] of counted) {
        for (const [outcome, count] of outcomes) this.inc({ control, outcome }, count);
      }
    },
  });
  const seconds = new Histogram({
    name: "postern_decision_seconds",
    help: "Time from a question read to its answer; an honour includes its record.",
    buckets: BUCKETS,
    registers,
  });
  const ungoverned = new Counter({
    name: "postern_ungoverned_decisions_total",
    help: "Answers about resources that no enforced Protection covers.",
    registers,
  });
  const requests = new Counter({
    name: "postern_requests_total",
    help: "API requests by route template and status.",
    labelNames: ["method", "route", "status"],
    registers,
  });
  new Counter({
    name: "postern_refusals_not_recorded_total",
    help: "Refused attempts on opt-outs that became no entry, since their caller had too many within a minute.",
    registers,
    collect(): void {
      this.reset();
      this.inc(optOuts.refusalsLeft());
    },
  });
  const prompts = new Counter({
    name: "postern_prompts_total",
    help: "Prompts to sign in or step up by what asked, why, and how they ended.",
    labelNames: ["prompt", "control", "reason", "outcome"],
    registers,
  });
  const parked = new Counter({
    name: "postern_parked_forms_total",
    help: "Forms that met a challenge at the gateway, by what became of them.",
    labelNames: ["outcome"],
    registers,
  });
  const brought = new Counter({
    name: "postern_access_tokens_total",
    help: "Access tokens that came to a gate, by whether they were taken as a session.",
    labelNames: ["outcome"],
    registers,
  });
  new Gauge({
    name: "postern_ledger_size",
    help: "Entries in the ledger.",
    registers,
    collect(): void {
      this.set(ledger.size());
    },
  });
  new Gauge({
    name: "postern_ways_ungoverned",
    help: "Routes and actions that were asked for at this node and that no enforced Protection covers; `postern policy coverage` names them.",
    registers,
    collect(): void {
      this.set(coverage.ungoverned());
    },
  });
  signalMetrics(registers, streams, receiver);
  new Gauge({
    name: "postern_node_in_doubt",
    help: "1 while this node honours nothing.",
    registers,
    collect(): void {
      this.set(node.doubt() === null ? 0 : 1);
    },
  });
  return {
    decided(decision: Decision, milliseconds: number): void {
      const control = controlOf(decision);
      let outcomes = counted.get(control);
      if (outcomes === undefined) {
        outcomes = new Map();
        counted.set(control, outcomes);
      }
      outcomes.set(decision.outcome, (outcomes.get(decision.outcome) ?? 0) + 1);
      seconds.observe(milliseconds / 1000);
      if (!decision.governed) ungoverned.inc();
    },
    prompted(asked: Prompt, outcome: PromptOutcome): void {
      prompts.inc({ prompt: asked.prompt, control: asked.control, reason: asked.reason, outcome });
    },
    accessToken(outcome: "taken" | "refused"): void {
      brought.inc({ outcome });
    },
    parkedForm(outcome: ParkedFormOutcome): void {
      parked.inc({ outcome });
    },
    requested(method: string, route: string, status: number): void {
      requests.inc({ method, route, status });
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}

/** The control that settled it: the first unmet, else the first waived; `none` where everything was met. */
export function controlOf({ unmet, waived }: Decision): string {
  for (const { requirement } of unmet) if ("control" in requirement) return requirement.control;
  return unmet[0]?.requirement.kind ?? waived[0]?.requirement.control ?? "none";
}

/** The outcome of each prompt in the log too: what asked, and how it ended, and nothing of the person. */
export function promptsLogged(metrics: Metrics, log: Pick<Log, "info">): Metrics {
  return {
    ...metrics,
    prompted(asked, outcome) {
      metrics.prompted(asked, outcome);
      const { prompt, control, reason } = asked;
      log.info({ prompt, control, reason, outcome }, "a prompt to sign in or to step up ended");
    },
  };
}
