import type { App } from "../http/app.ts";
import type { Wiring } from "../wiring.ts";

const TAGS = ["operations"];

/** Whether this node should be asked, and why not. */
export interface Readiness {
  /** Set once the process has been asked to stop. */
  stopping(): boolean;
}

export function health(app: App, { service }: Wiring, readiness: Readiness): void {
  app.get(
    "/livez",
    { config: { access: "public" }, schema: { summary: "the process runs", tags: TAGS } },
    async () => ({ status: "live" }),
  );
  app.get(
    "/readyz",
    { config: { access: "public" }, schema: { summary: "this node should be asked", tags: TAGS } },
    async (_request, reply) => {
      const reasons = reasonsAgainst(service, readiness);
      reply.code(reasons.length === 0 ? 200 : 503);
      const warnings = warningsOf(service);
      return {
        status: reasons.length === 0 ? "ready" : "not-ready",
        reasons,
        ...(warnings.length === 0 ? {} : { warnings }),
      };
    },
  );
}

/** A code alone: anyone may ask, and a detail tells paths and sizes. Administrators read it in `GET /v1/status`. */
interface Reason {
  readonly reason: string;
}

/** What an operator should mend although this node may be asked. */
function warningsOf({ node }: Wiring["service"]): readonly Reason[] {
  return node.endsTrouble() === null ? [] : [{ reason: "ends_not_kept" }];
}

function reasonsAgainst({ node, policy }: Wiring["service"], { stopping }: Readiness): readonly Reason[] {
  const reasons: Reason[] = [];
  if (stopping()) reasons.push({ reason: "stopping" });
  const doubt = node.doubt();
  if (doubt !== null) reasons.push({ reason: doubt.reason });
  if (policy.active() === null) reasons.push({ reason: "no_policy" });
  return reasons;
}
