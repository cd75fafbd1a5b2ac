// A server of the session rows, in a process of its own: `node target.ts postern [none|one|two]`, or `node target.ts raw`
// with the bytes of an event in BENCH_EVENT (base64).

import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configWith, startPostern } from "@postern/server";
import type { Caller } from "@postern/service";
import type { Serving } from "../identity/serving.ts";
import { applicationToken, must } from "../node.ts";
import { tellCpu } from "../tell-cpu.ts";
import type { SessionTarget } from "./session-target.ts";

const BOOTSTRAP = "bench-bootstrap";

const protection = (more: string): string => `kind: Protection
name: notes
owner: bench
mode: enforce
resources: ["route:/notes/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1 }
${more}`;
const profile = (name: string, inactivity: string): string => `
---
kind: SessionProfile
name: ${name}
owner: bench
overall: PT12H
inactivity: ${inactivity}
`;

/** With no SessionProfile, with one for all sessions, and with a stricter one of the Protection beside it. */
const POLICIES: Readonly<Record<string, string>> = {
  none: protection(""),
  one: protection("") + profile("everywhere", "PT1H"),
  two: protection("session: strict\n") + profile("everywhere", "PT1H") + profile("strict", "PT15M"),
};

async function postern(profiles: string): Promise<Serving<SessionTarget>> {
  const dataDir = await mkdtemp(join(tmpdir(), "postern-bench-"));
  const running = await startPostern(
    configWith({
      mode: "development",
      dataDir,
      port: 0,
      peoplePort: 0,
      gatewayPort: 0,
      host: "127.0.0.1",
      bootstrapToken: BOOTSTRAP,
      logLevel: "error",
      trustedProxies: ["127.0.0.1"],
    }),
    { quiet: true },
  );
  const { service, urls } = running;
  const { secret: admin } = must(await service.tokens.bootstrap(BOOTSTRAP, { type: "user", id: "bench" }));
  const token = service.tokens.bySecret(admin);
  if (token === null) throw new Error("the first token is unknown");
  const caller: Caller = { kind: "token", token };
  const text = POLICIES[profiles];
  if (text === undefined) throw new Error(`expected none, one or two, got \`${profiles}\``);
  const published = must(await service.policy.publish(caller, [{ path: "bench.yaml", text }]));
  must(await service.policy.activate(caller, published.id));
  const application = await applicationToken(service, caller);
  return {
    target: { url: urls.control, admin, application: application.secret },
    async close() {
      await running.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Event streams and nothing else: what the platform needs to write these bytes to as many readers. */
async function raw(): Promise<Serving<SessionTarget>> {
  const event = Buffer.from(process.env.BENCH_EVENT ?? "", "base64");
  const readers = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      response.write(": hello\n\n");
      readers.add(response);
      return;
    }
    request.resume();
    request.on("end", () => {
      response.writeHead(200, { "content-length": 0 });
      response.end();
      for (const reader of readers) {
        reader.write(event);
        reader.end();
      }
      readers.clear();
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    target: { url: `http://127.0.0.1:${port}`, admin: "", application: "" },
    close: async () => void server.close(),
  };
}

const [kind, profiles = "one"] = process.argv.slice(2);
const { target, close } = kind === "raw" ? await raw() : await postern(profiles);
process.stdout.write(`${JSON.stringify(target)}\n`);
tellCpu();
process.stdin.on("end", () => void close().then(() => process.exit(0)));
