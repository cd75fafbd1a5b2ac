import type { AddressInfo } from "node:net";
import { fastifySwagger } from "@fastify/swagger";
import type { RawHandler } from "./access/accept.ts";
import { evaluation } from "./access/evaluation.ts";
import { evaluations } from "./access/evaluations.ts";
import { hasScope, tokenOf } from "./auth/bearer.ts";
import { gate } from "./gate/gate.ts";
import type { Access } from "./http/app.ts";
import { createControl } from "./http/control.ts";
import { createDecisionStream } from "./routes/decision-stream.ts";
import type { Readiness } from "./routes/health.ts";
import { routes } from "./routes/index.ts";
import type { StartNotes } from "./routes/operations.ts";
import { search } from "./search/search.ts";
import { trustedProxies } from "./trusted-proxies.ts";
import type { Listener, Wiring } from "./wiring.ts";

/** Applications prove themselves by their token, proxies by where they ask from. */
function traced(
  raw: ReadonlyMap<string, RawHandler>,
  { traces, service, config }: Wiring,
): ReadonlyMap<string, RawHandler> {
  if (traces === undefined) return raw;
  const trusted = trustedProxies(config.trustedProxies);
  const entries = [...raw].map(([route, handle]): readonly [string, RawHandler] => [
    route,
    traces.raw(route, handle, (request) => {
      if (route.startsWith("/gate/")) return trusted(request.socket.remoteAddress);
      const token = tokenOf(request, service);
      return token !== null && hasScope(token, ["decide"]);
    }),
  ]);
  return new Map(entries);
}

/** A gate for each resource server, named by its address: nothing that a client sends chooses which tokens are taken. */
function gatesOf(wiring: Wiring): readonly (readonly [string, RawHandler])[] {
  return (wiring.bearers?.all ?? []).flatMap((server): (readonly [string, RawHandler])[] => [
    [`/gate/nginx@${server.id}`, gate("nginx", wiring, server)],
    [`/gate/caddy@${server.id}`, gate("caddy", wiring, server)],
    [`/gate/traefik@${server.id}`, gate("traefik", wiring, server)],
    [`/gate/envoy@${server.id}/*`, gate("envoy", wiring, server)],
  ]);
}

/** Who may call a route, as its description tells: the scopes are alternatives, and `admin` has them all. */
function securityOf(access: Access | undefined): readonly Readonly<Record<string, readonly string[]>>[] {
  if (access === "public") return [];
  if (access === "session") return [{ session: [] }];
  if (access === "caller") return [{ token: [] }];
  return (access ?? ["admin"]).map((scope) => ({ token: [scope] }));
}

const SWEEP_MS = 20;

/** Starts the control plane: AuthZEN, gates, the API, ledger, health and metrics. */
export async function startControl(
  wiring: Wiring,
  readiness: Readiness,
  notes: StartNotes,
): Promise<Listener> {
  const raw = new Map<string, RawHandler>([
    ["/access/v1/evaluation", evaluation(wiring)],
    ["/access/v1/evaluations", evaluations(wiring)],
    ["/access/v1/search/subject", search("subject", wiring)],
    ["/access/v1/search/resource", search("resource", wiring)],
    ["/access/v1/search/action", search("action", wiring)],
    ...gatesOf(wiring),
    ["/gate/nginx", gate("nginx", wiring)],
    ["/gate/caddy", gate("caddy", wiring)],
    ["/gate/traefik", gate("traefik", wiring)],
    ["/gate/envoy/*", gate("envoy", wiring)],
  ]);
  const app = createControl(wiring, traced(raw, wiring));
  const stream = createDecisionStream(wiring.service, wiring.world);
  await app.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Postern",
        version: "0.1.0",
        description: "Governs opt-outs from identity controls. Errors are problem details (RFC 9457).",
      },
      components: {
        securitySchemes: {
          token: { type: "http", scheme: "bearer" },
          session: { type: "http", scheme: "bearer", description: "the secret of one's own session" },
        },
      },
      security: [{ token: [] }],
    },
    transform: ({ schema, url, route }) => ({
      url,
      schema: { ...schema, security: securityOf(route.config?.access) },
    }),
  });
  routes(app, wiring, { raw, stream, readiness, notes });
  app.get(
    "/openapi.json",
    {
      config: { access: "public" },
      schema: { summary: "this description (OpenAPI 3.1)", tags: ["operations"] },
    },
    async () => app.swagger(),
  );
  await app.listen({ port: wiring.config.port, host: wiring.config.host });
  const { port } = app.server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}`,
    async close(): Promise<void> {
      stream.close();
      let done = false;
      // Who asks on and on over one connection is answered, and the connection is closed in its next pause.
      const sweep = (): void => {
        if (done) return;
        app.server.closeIdleConnections();
        wiring.world.after(SWEEP_MS, sweep);
      };
      sweep();
      await app.close();
      done = true;
    },
  };
}
