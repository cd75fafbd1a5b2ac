import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import { RECALL } from "../recall-script.ts";
import { SESSION } from "../session-script.ts";
import type { Shop } from "./deps.ts";

const TYPE = "text/javascript; charset=utf-8";
const CACHED = "public, max-age=300";

/** The SDK's module for browsers, file by file as it is: a shop with a bundler would bundle it. */
const MODULE = fileURLToPath(import.meta.resolve("@postern/sdk/browser"));
const FILE = /^(?:[a-z-]{1,40}\/)?[a-z-]{1,40}\.(?:js|ts)$/;

export function scriptRoutes(app: FastifyInstance, _shop: Shop): void {
  const read = new Map<string, string>();
  app.get<{ Params: { "*": string } }>("/assets/postern/*", (request, reply) => {
    const file = request.params["*"];
    if (!FILE.test(file) || extname(file) !== extname(MODULE)) return reply.callNotFound();
    let text = read.get(file);
    if (text === undefined) {
      try {
        text = readFileSync(join(dirname(MODULE), file), "utf8");
      } catch {
        return reply.callNotFound();
      }
      if (file.endsWith(".ts")) text = stripTypeScriptTypes(text);
      read.set(file, text);
    }
    return reply.type(TYPE).header("cache-control", CACHED).send(text);
  });
  for (const [path, script] of [
    ["/assets/recall.js", RECALL],
    ["/assets/session.js", SESSION],
  ] as const) {
    const text = script.replace("POSTERN", `/assets/postern/${basename(MODULE)}`);
    app.get(path, (_request, reply) => reply.type(TYPE).header("cache-control", CACHED).send(text));
  }
}
