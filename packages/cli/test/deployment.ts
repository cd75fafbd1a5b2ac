import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { configWith, type Running, startPostern } from "@postern/server";
import { type Terminal, terminal } from "./terminal.ts";

export const policyDir: string = join(dirname(fileURLToPath(import.meta.url)), "policy");

/** A real Postern on loopback, on a data directory of its own, and a terminal for each person. */
export interface Deployment {
  readonly running: Running;
  readonly directory: string;
  /** The administrator's, and the secret of his token. */
  readonly ben: Terminal;
  readonly secret: string;
  /** A terminal with a token of one's own. */
  as(person: string, ...scopes: readonly string[]): Promise<Terminal>;
  stop(): Promise<void>;
}

const SECRET = "first-administrator-of-the-test";

export async function deployment(upstream: string | null = null): Promise<Deployment> {
  const directory = await mkdtemp(join(tmpdir(), "postern-cli-"));
  const running = await startPostern(
    configWith({
      mode: "development",
      port: 0,
      peoplePort: 0,
      gatewayPort: 0,
      dataDir: directory,
      policyDir,
      bootstrapToken: SECRET,
      logLevel: "silent",
      ...(upstream === null ? {} : { upstream }),
    }),
  );
  const at = { POSTERN_URL: running.urls.control };
  const secretOf = (said: { readonly stdout: string; readonly stderr: string }): string => {
    if (said.stdout === "") throw new Error(said.stderr);
    return (JSON.parse(said.stdout) as { readonly secret: string }).secret;
  };
  const first = await terminal({ env: at, stdin: SECRET })("bootstrap user:ben -o json");
  const secret = secretOf(first);
  const ben = terminal({ env: { ...at, POSTERN_TOKEN: secret } });
  return {
    running,
    directory,
    ben,
    secret,
    as: async (person, ...scopes) => {
      const words = scopes.map((scope) => `--scope ${scope}`).join(" ");
      const said = await ben(
        `token issue ${person} --person user:${person} ${words} --subject-type user --max-acr aal2 -o json`,
      );
      return terminal({ env: { ...at, POSTERN_TOKEN: secretOf(said) } });
    },
    stop: async () => {
      await running.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
