import type { App } from "../http/app.ts";
import { accepted, callerOf, mayWait } from "../http/reply.ts";
import type { TransmitterStatus } from "../shared-signals/receiver.ts";
import type { Wiring } from "../wiring.ts";
import { Nothing } from "./shape.ts";

const TAGS = ["operations"];

/** What an operator should know of how this node was started. */
export interface StartNotes {
  /** `generated`: made by this machine for development; losing or copying the directory loses or copies it. */
  readonly masterKey: "given" | "generated";
  /** How the policy directory stands against the revision in force. */
  readonly policyDir: "none" | "in-force" | "differs";
}

function transmitterCounts(all: readonly TransmitterStatus[]): {
  readonly named: number;
  readonly inTrouble: number;
} {
  return { named: all.length, inTrouble: all.filter(({ trouble }) => trouble !== null).length };
}

export function operations(
  app: App,
  { service: { node, policy, ledger, unreviewed, coverage, streams }, config, metrics, receiver }: Wiring,
  notes: StartNotes,
): void {
  app.get(
    "/metrics",
    {
      config: { access: "public" },
      schema: { summary: "counts for Prometheus; no personal data", tags: TAGS },
    },
    async (_request, reply) => {
      reply.type(metrics.contentType);
      return metrics.text();
    },
  );
  app.get(
    "/v1/status",
    { config: { access: ["admin"] }, schema: { summary: "this node, for `postern doctor`", tags: TAGS } },
    async () => ({
      node: node.status(),
      doubt: node.doubt(),
      policy: { active: policy.active(), directory: notes.policyDir },
      ledger: {
        origin: ledger.origin(),
        size: ledger.size(),
        verifierKeys: ledger.verifierKeys(),
        witnesses: ledger.witnesses(),
      },
      unreviewed: unreviewed.open(),
      coverage: { ungoverned: coverage.ungoverned() },
      signals: { streams: await streams.counts(), transmitters: transmitterCounts(receiver.status()) },
      masterKey: notes.masterKey,
      mode: config.mode,
      store: config.databaseUrl === null ? "sqlite" : "postgres",
      trustedProxies: config.trustedProxies,
      gateway: config.upstream !== null,
    }),
  );
  app.post(
    "/v1/time/accept",
    {
      config: { access: ["admin"] },
      schema: {
        summary: "accept this machine's time after a jump; 202: a second person has to ask for the same",
        tags: TAGS,
        body: Nothing,
      },
    },
    async (request, reply) => mayWait(reply, accepted(await node.acceptTime(callerOf(request)))),
  );
}
