// better-auth in a process of its own, for `npm run races`: `node raced-peer.ts database|cookie-cache|secondary-storage`.
// RACES_PORT and RACES_FOLDER say where it listens and what it keeps; RACES_SEED draws how long its storage takes.
import { createServer } from "node:http";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";

const LONGEST_MS = 12;
const { RACES_PORT: port = "0", RACES_FOLDER: folder = ".", RACES_SEED: seed = "1" } = process.env;

let drawn = Number(seed) >>> 0;
/** As long as a storage that is reached over a network may take. */
function awhile(): Promise<void> {
  drawn = (Math.imul(drawn, 1_664_525) + 1_013_904_223) >>> 0;
  return sleep((drawn / 2 ** 32) * LONGEST_MS);
}

function kept(): NonNullable<BetterAuthOptions["secondaryStorage"]> {
  const values = new Map<string, string>();
  return {
    async get(key) {
      const value = values.get(key) ?? null;
      await awhile();
      return value;
    },
    async set(key, value) {
      await awhile();
      values.set(key, value);
    },
    async getAndDelete(key) {
      await awhile();
      const value = values.get(key) ?? null;
      values.delete(key);
      return value;
    },
    async increment(key) {
      const next = Number(values.get(key) ?? 0) + 1;
      values.set(key, String(next));
      return next;
    },
    async delete(key) {
      await awhile();
      values.delete(key);
    },
  };
}

const ways: Readonly<Record<string, Partial<BetterAuthOptions>>> = {
  database: { session: { updateAge: 0 } },
  "cookie-cache": { session: { updateAge: 0, cookieCache: { enabled: true, maxAge: 300 } } },
  "secondary-storage": { session: { updateAge: 0 }, secondaryStorage: kept() },
};
const way = ways[process.argv[2] ?? ""];
if (way === undefined)
  throw new Error(`expected ${Object.keys(ways).join(", ")}, got \`${process.argv[2]}\``);

const server = createServer();
await new Promise<void>((ready) => server.listen(Number(port), "127.0.0.1", ready));
const address = server.address();
const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : port}`;
const database = new DatabaseSync(join(folder, "peer.db"));
const auth = betterAuth({
  ...way,
  database,
  baseURL: url,
  secret: "a secret of the races, long enough for all of them",
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { disabled: true },
  databaseHooks: { session: { update: { before: awhile } } },
});
await (await getMigrations(auth.options)).runMigrations();
server.on("request", toNodeHandler(auth));
process.stdout.write(`${JSON.stringify({ url })}\n`);
process.stdin.on("end", () => process.exit(0)).resume();
