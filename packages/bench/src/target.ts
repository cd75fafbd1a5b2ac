// A server under load, in a process of its own: `node target.ts bare|postern`. Says where it listens on
// standard output as one line of JSON, and stops when its standard input ends.

import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configWith, startPostern } from "@postern/server";
import type { Caller } from "@postern/service";
import { applicationToken, BENCH_POLICY, must, personWithOptOut } from "./node.ts";
import { tellCpu } from "./tell-cpu.ts";

export interface Target {
  readonly url: string;
  readonly token: string;
  readonly session: string;
  readonly secret: string;
}

async function bare(): Promise<{ readonly target: Target; readonly close: () => Promise<void> }> {
  // The bytes to answer with are handed in, so that both servers write the same.
  const answer = Buffer.from(process.env.BENCH_ANSWER ?? "{}", "base64");
  const server = createServer((request, response) => {
    if (request.method === "GET") {
      response.writeHead(200, { "content-length": 0, "cache-control": "no-store" });
      response.end();
      return;
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      JSON.parse(Buffer.concat(chunks).toString("utf8"));
      response.writeHead(200, { "content-type": "application/json", "content-length": answer.length });
      response.end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    target: { url: `http://127.0.0.1:${port}`, token: "", session: "", secret: "" },
    close: async () => void server.close(),
  };
}

async function postern(): Promise<{ readonly target: Target; readonly close: () => Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), "postern-bench-"));
  const running = await startPostern(
    configWith({
      mode: "development",
      dataDir,
      port: 0,
      peoplePort: 0,
      gatewayPort: 0,
      host: "127.0.0.1",
      bootstrapToken: "bench-bootstrap",
      logLevel: "error",
      trustedProxies: ["127.0.0.1"],
    }),
    { quiet: true },
  );
  const { service } = running;
  const first = must(await service.tokens.bootstrap("bench-bootstrap", { type: "user", id: "bench" }));
  const token = service.tokens.bySecret(first.secret);
  if (token === null) throw new Error("the first token is unknown");
  const admin: Caller = { kind: "token", token };
  const published = must(await service.policy.publish(admin, [{ path: "bench.yaml", text: BENCH_POLICY }]));
  must(await service.policy.activate(admin, published.id));
  const app = await applicationToken(service, admin);
  const person = await personWithOptOut(service, admin, app.caller, "person");
  return {
    target: { url: running.urls.control, token: app.secret, ...person },
    async close() {
      await running.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const { target, close } = process.argv[2] === "bare" ? await bare() : await postern();
process.stdout.write(`${JSON.stringify(target)}\n`);
tellCpu();
process.stdin.on("end", () => void close().then(() => process.exit(0)));
