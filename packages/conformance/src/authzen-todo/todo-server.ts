import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configWith, createLog, startPostern } from "@postern/server";
import { personOf } from "./people.ts";

/** A running Postern with the interop's fixture, asked over HTTP alone. */
export interface TodoServer {
  post(path: string, body: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

const BOOTSTRAP = "conformance-bootstrap-secret";
const DAY_MS = 86_400_000;

/** Starts it on a free port in a temporary folder and puts the people of these subject ids in. */
export async function startTodoServer(subjects: readonly string[]): Promise<TodoServer> {
  const directory = await mkdtemp(join(tmpdir(), "postern-authzen-"));
  const policy = await readFile(new URL("./policy.yaml", import.meta.url), "utf8");
  const policyDir = join(directory, "policy");
  await mkdir(policyDir);
  await writeFile(join(policyDir, "policy.yaml"), policy);
  const running = await startPostern(
    configWith({
      port: 0,
      peoplePort: 0,
      gatewayPort: 0,
      dataDir: join(directory, "data"),
      policyDir,
      masterKey: new Uint8Array(32).fill(11),
      bootstrapToken: BOOTSTRAP,
    }),
    { quiet: true, log: createLog("silent") },
  );
  let bearer: string | null = null;
  const send = async (method: string, path: string, body: unknown): Promise<unknown> => {
    const response = await fetch(running.urls.control + path, {
      method,
      headers: {
        "content-type": "application/json",
        ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
      },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text);
  };
  const stop = async (): Promise<void> => {
    await running.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    bearer = secretOf(
      await send("POST", "/v1/tokens/bootstrap", {
        secret: BOOTSTRAP,
        person: { type: "user", id: "interop-administrator" },
      }),
    );
    for (const id of subjects) {
      const { email, roles } = personOf(id);
      await send("PUT", `/v1/entities/user/${encodeURIComponent(id)}`, { attributes: { email, roles } });
    }
    bearer = secretOf(
      await send("POST", "/v1/tokens", {
        label: "to-do application",
        scopes: ["decide"],
        expiresAt: new Date(Date.now() + DAY_MS).toISOString(),
      }),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { post: (path, body) => send("POST", path, body), stop };
}

function secretOf(answer: unknown): string {
  const secret = typeof answer === "object" && answer !== null && "secret" in answer ? answer.secret : null;
  if (typeof secret !== "string") throw new Error("expected a token with its secret");
  return secret;
}
