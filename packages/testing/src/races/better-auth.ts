import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { asking } from "./ask.ts";
import type { Contestant, RacedSession, Use } from "./contestant.ts";

/** Where better-auth looks a session up: its database alone, also the browser's own cookie, or a key-value store. */
export const WAYS = ["database", "cookie-cache", "secondary-storage"] as const;
export type Way = (typeof WAYS)[number];

const FILE = fileURLToPath(new URL("../../../bench/src/identity/raced-peer.ts", import.meta.url));
const PASSWORD = "lamp river quiet orbit";
const STATE = "/api/auth/get-session";

/** The peer, each of whose checks is a refresh too, in a process of its own. */
export async function racedBetterAuth(way: Way, seed: number): Promise<Contestant> {
  const folder = await mkdtemp(join(tmpdir(), "postern-races-peer-"));
  const ask = asking();
  let child: ChildProcess | null = null;
  let url = "";
  const start = async (): Promise<void> => {
    const starting = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", FILE, way], {
      stdio: ["pipe", "pipe", "inherit"],
      env: {
        ...process.env,
        RACES_FOLDER: folder,
        RACES_PORT: url === "" ? "0" : new URL(url).port,
        RACES_SEED: String(seed),
      },
    });
    child = starting;
    if (starting.stdout === null) throw new Error("the peer has no output");
    const lines = createInterface({ input: starting.stdout });
    const first = await new Promise<string>((resolve, reject) => {
      lines.once("line", resolve);
      starting.once("exit", (code) => reject(new Error(`the peer ended with ${code}`)));
    });
    url = (JSON.parse(first) as { readonly url: string }).url;
  };
  const end = async (): Promise<void> => {
    const ending = child;
    if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill("SIGKILL");
    await ended;
  };
  await start();
  let begun = 0;

  async function begin(): Promise<RacedSession> {
    begun += 1;
    const headers = { origin: url };
    const email = `person-${begun}@races.example`;
    const { status, headers: given } = await ask(`${url}/api/auth/sign-up/email`, {
      headers,
      json: { name: "person", email, password: PASSWORD },
    });
    const jar = new Map<string, string>();
    take(jar, given["set-cookie"]);
    if (status !== 200 || jar.size === 0) throw new Error(`expected a session of the peer, got ${status}`);
    const alone = new Map([...jar].filter(([name]) => name.endsWith("session_token")));
    /** Every set of cookies that the browser ever had. */
    const jars = new Set([cookieOf(jar)]);
    const isOpen = async (cookie: string, moves: boolean): Promise<boolean> => {
      const answer = await ask(`${url}${STATE}`, { headers: { ...headers, cookie } });
      const open = answer.status === 200 && answer.text.includes(email);
      if (open && moves) {
        take(jar, answer.headers["set-cookie"]);
        jars.add(cookieOf(jar));
      }
      return open;
    };
    const refresh: Use = { by: "session check and refresh", send: () => isOpen(cookieOf(jar), true) };
    const byToken: Use = { by: "session token alone", send: () => isOpen(cookieOf(alone), false) };
    return {
      uses: () => [
        ...[...jars].map(
          (cookie): Use => ({ by: "the browser's cookies", send: () => isOpen(cookie, false) }),
        ),
        byToken,
      ],
      meanwhile: [refresh, refresh, byToken, byToken],
      async revoke() {
        const out = await ask(`${url}/api/auth/sign-out`, {
          headers: { ...headers, cookie: cookieOf(alone) },
          json: {},
        });
        if (out.status !== 200) throw new Error(`expected a sign-out, got ${out.status} ${out.text}`);
      },
    };
  }
  return {
    name: `better-auth (${way})`,
    begin,
    hold: async () => undefined,
    async restart() {
      await end();
      await start();
    },
    async stop() {
      ask.close();
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function take(jar: Map<string, string>, lines: readonly string[] | undefined): void {
  for (const line of lines ?? []) {
    const pair = line.split(";")[0] ?? "";
    const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
    if (value === "") jar.delete(name);
    else jar.set(name, value);
  }
}

function cookieOf(jar: ReadonlyMap<string, string>): string {
  return [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
}
