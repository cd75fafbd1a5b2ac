// A round of `npm run bench:sessions`: a real proxy before a Postern whose person rests on an opt-out from session
// time-out, asked at 32 connections while the opt-out is withdrawn. Tells what it saw as one line of JSON.
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { anyPort } from "@postern/example-shop";
import { configWith, startPostern } from "@postern/server";
import type { Caller } from "@postern/service";
import { findProgram } from "./demo/program.ts";
import { caddy, nginx } from "./demo/proxy.ts";

const CONNECTIONS = 32;
const BEFORE_MS = 1_000;
const AFTER_MS = 1_000;
const INACTIVITY_MS = 2_000;
const BOOTSTRAP = "bench-bootstrap";
const POLICY = `
kind: Protection
name: notes
owner: bench
mode: enforce
resources: ["route:/notes/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1 }
---
kind: SessionProfile
name: everywhere
owner: bench
overall: PT12H
inactivity: PT2S
essential: { because: a benchmark has no time to wait }
---
kind: Offer
name: stay
owner: bench
mode: enforce
control: session-timeout
holders: [subject]
basis: preference
scope: { actions: [get], resources: ["route:/notes/**"] }
length: { default: P7D, max: P30D, total: P90D }
review: { every: P30D }
disclosure: { en: { version: 1, title: a, stops: b, protects: c, until: d, undo: e } }
`;

const proxy = [nginx, caddy].find(({ name }) => name === process.argv[2]);
if (proxy === undefined) throw new Error(`expected \`nginx\` or \`caddy\`, got \`${process.argv[2] ?? ""}\``);
const program = findProgram(proxy.program);
const tell = (told: unknown): void => void process.stdout.write(`${JSON.stringify(told)}\n`);

if (program === null) tell({ missing: `${proxy.name} is not installed (${proxy.install})` });
else {
  const folder = mkdtempSync(join(tmpdir(), `postern-bench-${proxy.name}-`));
  const application = createServer((_, response) => response.end("notes"));
  await new Promise<void>((ready) => application.listen(0, "127.0.0.1", ready));
  const shop = `127.0.0.1:${(application.address() as AddressInfo).port}`;
  const running = await startPostern(
    configWith({
      mode: "development",
      dataDir: join(folder, "data"),
      port: 0,
      peoplePort: 0,
      gatewayPort: 0,
      host: "127.0.0.1",
      upstream: `http://${shop}`,
      bootstrapToken: BOOTSTRAP,
      logLevel: "error",
      trustedProxies: ["127.0.0.1"],
    }),
    { quiet: true },
  );
  const { service, urls } = running;
  const first = must(await service.tokens.bootstrap(BOOTSTRAP, { type: "user", id: "bench" }));
  const admin = callerOf(first.secret);
  const published = must(await service.policy.publish(admin, [{ path: "bench.yaml", text: POLICY }]));
  must(await service.policy.activate(admin, published.id));
  const application_ = callerOf(
    must(
      await service.tokens.issue(admin, {
        label: "bench",
        scopes: ["sessions.register"],
        maxAcr: "aal2",
        subjectTypes: ["user"],
        expiresAt: inHours(10),
      }),
    ).secret,
  );
  const port = await anyPort();
  const started = await proxy.start(program, {
    folder,
    port,
    shop,
    control: new URL(urls.control).host,
    gateway: new URL(urls.gateway ?? "").host,
  });
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

  const ana = await signIn();
  must(await service.sessions.mark(admin, ana.id, false));
  const session = service.sessions.byId(ana.id);
  if (session === null) throw new Error("expected a session");
  const person: Caller = { kind: "session", session };
  const { id } = must(await service.optOuts.request(person, { offer: "stay" }));
  const { hash } = must(await service.optOuts.disclosure(person, id, ["en"]));
  must(await service.optOuts.consent(person, id, { disclosure: hash, locale: "en" }));
  // From here on the session lives by the opt-out alone.
  await pause(INACTIVITY_MS + 500);

  const asked: { readonly began: number; readonly status: number }[] = [];
  const entries = service.ledger.size();
  let going = true;
  const hammer = async (): Promise<void> => {
    while (going) {
      const began = performance.now();
      asked.push({ began, status: await get(ana.secret) });
    }
  };
  const hammers = Array.from({ length: CONNECTIONS }, hammer);
  await pause(BEFORE_MS);
  const revoked = await fetch(`${urls.control}/v1/opt-outs/${id}/revoke`, {
    method: "POST",
    headers: { authorization: `Bearer ${first.secret}`, "content-type": "application/json" },
    body: "{}",
  });
  const acknowledged = performance.now();
  if (revoked.status !== 200) throw new Error(`expected 200, got ${revoked.status}: ${await revoked.text()}`);
  await pause(AFTER_MS);
  going = false;
  await Promise.all(hammers);
  const accepted = asked.filter(({ status }) => status === 200);
  const later = asked.filter(({ began }) => began > acknowledged);
  const last = Math.max(...accepted.map(({ began }) => began));
  const again = await signIn();
  tell({
    missing: null,
    before: accepted.filter(({ began }) => began <= acknowledged).length,
    honoured: service.ledger.size() - entries,
    acceptedAfter: later.filter(({ status }) => status === 200).length,
    refusedAfter: later.filter(({ status }) => status === 401).length,
    twin: (await get(again.secret)) === 200 ? 1 : 0,
    lastAcceptedMs: acknowledged - last,
  });
  agent.destroy();
  await started.stop();
  await running.stop();
  application.closeAllConnections();
  await new Promise((closed) => application.close(closed));
  rmSync(folder, { recursive: true, force: true });

  async function signIn(): Promise<{ readonly id: string; readonly secret: string }> {
    const registered = must(
      await service.sessions.register(application_, {
        subject: { type: "user", id: "ana" },
        acr: "aal1",
        authTime: new Date().toISOString(),
        expiresAt: inHours(10),
      }),
    );
    return { id: registered.session.id, secret: registered.secret };
  }

  function get(secret: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = { cookie: `__Host-postern=${secret}` };
      const sent = request(`http://127.0.0.1:${port}/notes/1`, { agent, headers }, (response) => {
        response.resume();
        response.once("end", () => resolve(response.statusCode ?? 0));
        response.once("error", reject);
      });
      sent.once("error", reject);
      sent.end();
    });
  }

  function callerOf(secret: string): Caller {
    const token = service.tokens.bySecret(secret);
    if (token === null) throw new Error("expected a live token");
    return { kind: "token", token };
  }
}
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));

function inHours(hours: number): string {
  return new Date(Date.now() + hours * 3_600_000).toISOString();
}

function must<Value>(
  result:
    | { readonly ok: true; readonly value: Value }
    | { readonly ok: false; readonly refusal: { readonly detail: string } },
): Value {
  if (!result.ok) throw new Error(result.refusal.detail);
  return result.value;
}
