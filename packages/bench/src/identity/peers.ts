import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { RedisStore } from "connect-redis";
import express from "express";
import session from "express-session";
import { createClient } from "redis";
import type { Check, Serving } from "./serving.ts";

const SECRET = "a secret of the benchmark, long enough for all of them";
const PERSON = "person@bench.example";

declare module "express-session" {
  interface SessionData {
    user: { readonly id: string; readonly email: string };
  }
}

/** better-auth with its own handler on `node:http` and SQLite, one person signed in, and nothing that holds it back. */
export async function betterAuthPeer(): Promise<Serving<Check>> {
  const directory = await mkdtemp(join(tmpdir(), "postern-bench-"));
  const database = new DatabaseSync(join(directory, "peer.db"));
  const { url, listener, close } = await listening();
  const auth = betterAuth({
    database,
    baseURL: url,
    secret: SECRET,
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
  });
  await (await getMigrations(auth.options)).runMigrations();
  listener(toNodeHandler(auth));
  const signedUp = await fetch(`${url}/api/auth/sign-up/email`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: url },
    body: JSON.stringify({ name: "person", email: PERSON, password: "lamp river quiet orbit" }),
  });
  return {
    target: { url: `${url}/api/auth/get-session`, headers: { cookie: cookiesOf(signedUp) }, says: PERSON },
    async close() {
      await close();
      database.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Express with express-session and Redis, as the documentation of connect-redis has it. */
export async function expressSessionPeer(redisUrl: string): Promise<Serving<Check>> {
  const client = createClient({ url: redisUrl });
  await client.connect();
  const { url, listener, close } = await listening();
  const app = express();
  app.use(
    session({ store: new RedisStore({ client }), secret: SECRET, resave: false, saveUninitialized: false }),
  );
  app.post("/sign-in", (request, response) => {
    request.session.user = { id: "person", email: PERSON };
    response.json({ signedIn: true });
  });
  app.get("/session", (request, response) => {
    if (request.session.user === undefined) response.status(401).end();
    else response.json({ user: request.session.user });
  });
  listener(app);
  const signedIn = await fetch(`${url}/sign-in`, { method: "POST" });
  return {
    target: { url: `${url}/session`, headers: { cookie: cookiesOf(signedIn) }, says: PERSON },
    async close() {
      await close();
      client.destroy();
    },
  };
}

async function listening(): Promise<{
  readonly url: string;
  readonly listener: (handler: RequestListener) => void;
  readonly close: () => Promise<void>;
}> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    listener: (handler) => void server.on("request", handler),
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function cookiesOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((line) => line.split(";")[0] ?? "")
    .join("; ");
}
