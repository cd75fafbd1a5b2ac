import { Readable } from "node:stream";
import { LedgerError, parseBundlePath, parseTilePath } from "@postern/ledger";
import { Type } from "typebox";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import { refused } from "../problem/document.ts";
import type { Wiring } from "../wiring.ts";
import { Nothing, STRICT, wholeIn } from "./shape.ts";

const TAGS = ["ledger"];
const BYTES = "application/octet-stream";
const NOTE = "text/plain; charset=utf-8";
const MOST_ENTRIES = 1_000;
const USUAL_ENTRIES = 100;

/** What was signed once never changes; a partial tile names its width. */
const FOREVER = "max-age=31536000, immutable";

const PATH = Type.Object({ "*": Type.String({ maxLength: 128 }) }, STRICT);
const NUMBER = Type.Optional(Type.String({ maxLength: 16 }));

/** Reading the ledger. Who reads is checked by the use-case once more, for what is sealed. */
export function ledger(app: App, { service: { ledger: of } }: Wiring): void {
  app.get(
    "/v1/ledger/entries",
    {
      config: { access: ["ledger.read"] },
      schema: {
        summary: "entries in order",
        tags: TAGS,
        querystring: Type.Object({ from: NUMBER, limit: NUMBER }, STRICT),
      },
    },
    async (request) => {
      const from = wholeIn(request.query.from ?? "0", "from");
      const limit = wholeIn(request.query.limit ?? String(USUAL_ENTRIES), "limit");
      if (limit < 1 || limit > MOST_ENTRIES) {
        throw refused("ledger.range", `limit: expected 1 to ${MOST_ENTRIES}, got \`${limit}\``);
      }
      const items = accepted(await of.entries(callerOf(request), from, limit));
      return { items, size: of.size() };
    },
  );
  app.get(
    "/v1/ledger/proof",
    {
      config: { access: ["ledger.read"] },
      schema: {
        summary: "a receipt for one entry (`index`), or a consistency proof (`from`, `to`)",
        tags: TAGS,
        querystring: Type.Object({ index: NUMBER, from: NUMBER, to: NUMBER }, STRICT),
      },
    },
    async (request, reply) => {
      const { index, from, to } = request.query;
      if (index !== undefined && from === undefined && to === undefined) {
        reply.type(NOTE);
        return accepted(await of.receipt(callerOf(request), wholeIn(index, "index")));
      }
      if (index !== undefined || from === undefined || to === undefined) {
        throw refused("ledger.range", "expected `index`, or `from` and `to`");
      }
      const consistency = await of.consistency(callerOf(request), wholeIn(from, "from"), wholeIn(to, "to"));
      return { consistency: accepted(consistency) };
    },
  );
  app.get(
    "/v1/ledger/export",
    {
      config: { access: ["ledger.read"] },
      schema: {
        summary: "a self-contained export, for `postern ledger verify`",
        tags: TAGS,
        querystring: Type.Object(
          {
            from: NUMBER,
            to: NUMBER,
            reveal: Type.Optional(Type.Union([Type.Literal("true"), Type.Literal("false")])),
          },
          STRICT,
        ),
      },
    },
    async (request, reply) => {
      const { from = "0", to, reveal } = request.query;
      const end = to === undefined ? null : wholeIn(to, "to");
      const lines = accepted(
        await of.export(callerOf(request), wholeIn(from, "from"), end, reveal === "true"),
      );
      reply.type("application/jsonl; charset=utf-8");
      return reply.send(Readable.from(ended(lines)));
    },
  );
  app.get(
    "/ledger/checkpoint",
    {
      config: { access: "public" },
      schema: { summary: "the newest signed checkpoint (C2SP signed note)", tags: TAGS },
    },
    async (_request, reply) => {
      reply.type(NOTE);
      return of.shown();
    },
  );
  app.get(
    "/ledger/keys",
    {
      config: { access: "public" },
      schema: { summary: "every key that signs checkpoints, each handed over by the one before", tags: TAGS },
    },
    async () => ({ origin: of.origin(), keys: of.keys() }),
  );
  app.get(
    "/ledger/tile/*",
    {
      config: { access: "public" },
      schema: {
        summary: "a tile of hashes of the signed tree (C2SP tlog-tiles)",
        tags: TAGS,
        params: PATH,
        querystring: Nothing,
      },
    },
    async (request, reply) => {
      const tile = readPath(parseTilePath, request.url);
      const bytes = tile === null ? null : await of.tile(tile.level, tile.index, tile.width);
      if (bytes === null) throw refused("not_found", "the signed tree has no such tile");
      return reply
        .headers({ "cache-control": `public, ${FOREVER}` })
        .type(BYTES)
        .send(Buffer.from(bytes));
    },
  );
  app.get(
    "/ledger/tile/entries/*",
    {
      config: { access: ["ledger.read"] },
      schema: {
        summary: "a bundle of entries of the signed tree (C2SP tlog-tiles)",
        tags: TAGS,
        params: PATH,
        querystring: Nothing,
      },
    },
    async (request, reply) => {
      const bundle = readPath(parseBundlePath, request.url);
      if (bundle === null) throw refused("not_found", "the signed tree has no such bundle of entries");
      const bytes = accepted(await of.bundle(callerOf(request), bundle.index, bundle.width));
      return reply
        .headers({ "cache-control": `private, ${FOREVER}` })
        .type(BYTES)
        .send(Buffer.from(bytes));
    },
  );
}

/** Read as it was sent: a tile has one address, and an encoded spelling of it is another one. */
function readPath<Read>(parse: (path: string) => Read, url: string): Read | null {
  try {
    return parse(url.slice("/ledger/".length));
  } catch (error) {
    if (error instanceof LedgerError) return null;
    throw error;
  }
}

/** Each line ends where it ends, whoever made it. */
async function* ended(lines: AsyncIterable<string>): AsyncIterable<string> {
  for await (const line of lines) yield line.endsWith("\n") ? line : `${line}\n`;
}
