// A server of the identity rows, in a process of its own: `node target.ts postern|better-auth|express-session`.
// BENCH_REDIS is the address of the Redis server that express-session keeps its sessions in.

import { tellCpu } from "../tell-cpu.ts";
import { betterAuthPeer, expressSessionPeer } from "./peers.ts";
import { servePostern } from "./postern.ts";
import type { Serving } from "./serving.ts";

function serve(kind: string | undefined): Promise<Serving<unknown>> {
  if (kind === "postern") return servePostern();
  if (kind === "better-auth") return betterAuthPeer();
  if (kind === "express-session") return expressSessionPeer(process.env.BENCH_REDIS ?? "");
  throw new Error(`expected \`postern\`, \`better-auth\` or \`express-session\`, got \`${kind}\``);
}

const { target, close } = await serve(process.argv[2]);
process.stdout.write(`${JSON.stringify(target)}\n`);
tellCpu();
process.stdin.on("end", () => void close().then(() => process.exit(0)));
