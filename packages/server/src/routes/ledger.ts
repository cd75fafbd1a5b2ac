import { Readable } from "node:stream";
import { Type } from "typebox";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import { refused } from "../problem/document.ts";
import type { Wiring } from "../wiring.ts";
import { STRICT, wholeIn } from "./shape.ts";
import { tileOf } from "./tile.ts";

const TAGS = ["ledger"];
const NOTE = "text/plain; charset=utf-8";
const MOST_ENTRIES = 1_000;
const USUAL_ENTRIES = 100;

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
      return of.sign();
    },
  );
  app.get(
    "/ledger/tile/*",
    {
      config: { access: ["ledger.read"] },
      schema: {
        summary: "a tile of hashes (C2SP tlog-tiles)",
        tags: TAGS,
        params: Type.Object({ "*": Type.String({ maxLength: 128 }) }, STRICT),
      },
    },
    async (request, reply) => {
      const tile = tileOf(request.params["*"]);
      const bytes = tile === null ? null : await of.tile(tile.level, tile.index, tile.width);
      if (bytes === null) throw refused("not_found", "the tree has no such tile");
      reply.type("application/octet-stream");
      return reply.send(Buffer.from(bytes));
    },
  );
}

/** Each line ends where it ends, whoever made it. */
async function* ended(lines: AsyncIterable<string>): AsyncIterable<string> {
  for await (const line of lines) yield line.endsWith("\n") ? line : `${line}\n`;
}
