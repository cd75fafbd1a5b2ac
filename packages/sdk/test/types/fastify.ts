import { createClient, createGuard } from "@postern/sdk";
import { postern } from "@postern/sdk/fastify";
import fastify, { type FastifyRequest } from "fastify";

const app = fastify();
const guard = createGuard({
  client: createClient({ url: "http://localhost:4600" }),
  app: "shop",
  subject: (request: FastifyRequest) => ({ id: request.ip }),
  onUnavailable: "deny",
});
await app.register(postern, { guard });

app.get("/reports", { config: { postern: { action: "report.read" } } }, async (request) => {
  const outcome: "permit" | "honour" | undefined = request.decision?.outcome;
  return { outcome };
});
app.get("/health", { config: { postern: false } }, async () => "ok");
// @ts-expect-error: an action is a text
app.get("/wrong", { config: { postern: { action: 7 } } }, async () => "ok");
