import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configWith, createLog, type Running, startPostern } from "@postern/server";

export interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** A running Postern with a policy of its own, asked over HTTP alone. */
export interface InteropServer {
  readonly running: Running;
  /** The administrator's bearer secret. */
  readonly admin: string;
  send(
    method: string,
    path: string,
    given?: {
      readonly bearer?: string;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    },
  ): Promise<Received>;
  /** The same, where anything but success is an error; answers the body. */
  must(method: string, path: string, bearer: string | null, body: unknown): Promise<unknown>;
  /** The bearer secret of a new token. */
  token(scopes: readonly string[], more?: Readonly<Record<string, unknown>>): Promise<string>;
  stop(): Promise<void>;
}

const BOOTSTRAP = "conformance-bootstrap-secret";
const DAY_MS = 86_400_000;

/** Starts it on free ports in a temporary folder. */
export async function startInteropServer(
  policy: URL,
  changes: Parameters<typeof configWith>[0] = {},
): Promise<InteropServer> {
  const directory = await mkdtemp(join(tmpdir(), "postern-authzen-"));
  const policyDir = join(directory, "policy");
  await mkdir(policyDir);
  await writeFile(join(policyDir, "policy.yaml"), await readFile(policy, "utf8"));
  const running = await startPostern(
    configWith({
      port: 0,
      peoplePort: 0,
      gatewayPort: 0,
      dataDir: join(directory, "data"),
      policyDir,
      masterKey: new Uint8Array(32).fill(11),
      bootstrapToken: BOOTSTRAP,
      ...changes,
    }),
    { quiet: true, log: createLog("silent") },
  );
  const send: InteropServer["send"] = async (method, path, { bearer, body, headers } = {}) => {
    const response = await fetch(running.urls.control + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === "" ? null : JSON.parse(text),
    };
  };
  const must: InteropServer["must"] = async (method, path, bearer, body) => {
    const received = await send(method, path, { body, ...(bearer === null ? {} : { bearer }) });
    if (received.status >= 300)
      throw new Error(
        `${method} ${path} answered ${received.status}: ${JSON.stringify(received.body).slice(0, 300)}`,
      );
    return received.body;
  };
  const stop = async (): Promise<void> => {
    await running.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const person = { type: "user", id: "interop-administrator" };
    const admin = secretOf(await must("POST", "/v1/tokens/bootstrap", null, { secret: BOOTSTRAP, person }));
    const expiresAt = new Date(Date.now() + DAY_MS).toISOString();
    return {
      running,
      admin,
      send,
      must,
      token: async (scopes, more = {}) =>
        secretOf(await must("POST", "/v1/tokens", admin, { label: "interop", scopes, expiresAt, ...more })),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function secretOf(answer: unknown): string {
  const secret = typeof answer === "object" && answer !== null && "secret" in answer ? answer.secret : null;
  if (typeof secret !== "string") throw new Error("expected a token with its secret");
  return secret;
}
