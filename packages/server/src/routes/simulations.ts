import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { type GivenLines, LONGEST_LINE, type SimulationAsk, type SimulationEvent } from "@postern/service";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { boundTo } from "../auth/resource-binding.ts";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import { linesOf } from "../json/lines.ts";
import { parseJson } from "../json/parse.ts";
import { refused } from "../problem/document.ts";
import type { Wiring } from "../wiring.ts";
import { LONGEST_POLICY, POLICY_FILES } from "./policy.ts";
import { SIMULATION_LINES } from "./policy-shape.ts";
import { Name, STRICT } from "./shape.ts";

const TAGS = ["policy"];
const OUTCOMES = ["permit", "honour", "challenge", "deny"] as const;
const INSTANT = Type.Optional(Type.String({ maxLength: 64 }));
/** Records in the request, in bytes. */
const MOST_GIVEN = 268_435_456;

const Ask = Type.Object(
  {
    revision: Type.Optional(Type.String({ maxLength: 128 })),
    files: Type.Optional(POLICY_FILES),
    facts: Type.Optional(Type.Union([Type.Literal("recorded"), Type.Literal("now")])),
    since: INSTANT,
    until: INSTANT,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    subject: Type.Optional(Name),
    outcome: Type.Optional(Type.Union(OUTCOMES.map((outcome) => Type.Literal(outcome)))),
  },
  STRICT,
);

/**
 * What a candidate would have answered to what was asked; streams what it finds and changes nothing. With a body of
 * JSON lines the first is what is asked and the others are the lines of an export, read as they come.
 */
export function simulations(app: App, { service }: Wiring): void {
  const given = new WeakMap<FastifyRequest, GivenLines>();
  app.register(async (scope) => {
    scope.addContentTypeParser(
      /^application\/(?:jsonl|x-ndjson)(?:\s*;.*)?$/i,
      async (request: FastifyRequest, body: IncomingMessage) => {
        const { lines, bytes } = linesOf(body, { longest: LONGEST_POLICY, most: MOST_GIVEN });
        const first = await lines.next();
        const text = first.done === true ? null : first.value.text;
        if (text === null) throw refused("request.malformed", "expected what is asked on the first line");
        const read = parseJson(Buffer.from(text, "utf8"));
        if (!read.ok) throw refused("request.malformed", `line 1: ${read.refusal}`);
        const whole = Number(request.headers["content-length"] ?? MOST_GIVEN);
        given.set(request, {
          lines: shortened(lines),
          done: () => Math.min(0.99, bytes() / Math.max(1, whole)),
        });
        return read.value;
      },
    );
    (scope as unknown as App).post(
      "/v1/policy/simulations",
      {
        bodyLimit: LONGEST_POLICY,
        config: { access: ["policy.write", "policy.activate"], writes: false },
        schema: {
          summary: "decide recorded requests again under a candidate (JSON lines); changes nothing",
          tags: TAGS,
          consumes: ["application/json", "application/jsonl"],
          body: Ask,
          response: { 200: SIMULATION_LINES },
        },
      },
      async (request, reply) => {
        const { revision, files, facts = "recorded", ...source } = request.body;
        const caller = callerOf(request);
        const lines = given.get(request);
        const ask: SimulationAsk = {
          ...source,
          ...(lines === undefined ? {} : { lines }),
          facts,
          candidate: candidateOf(revision, files),
          mayTell: ({ type, id }) => caller.kind === "session" || boundTo(caller.token, type, id),
          gone: () => reply.raw.destroyed,
        };
        const events = accepted(await service.simulations.run(caller, ask));
        reply.type("application/jsonl; charset=utf-8").header("cache-control", "no-store");
        return reply.send(Readable.from(eventLines(events)));
      },
    );
  });
}

/** No line of an export is as long as a policy may be. */
async function* shortened(lines: ReturnType<typeof linesOf>["lines"]): AsyncGenerator<{
  readonly number: number;
  readonly text: string | null;
}> {
  // The first line is what is asked: the others are numbered as in the file that they came from.
  for await (const { number, text } of lines)
    yield { number: number - 1, text: text !== null && text.length > LONGEST_LINE ? null : text };
}

function candidateOf(
  revision: string | undefined,
  files: readonly { readonly path: string; readonly text: string }[] | undefined,
): SimulationAsk["candidate"] {
  if ((revision === undefined) === (files === undefined))
    throw refused("request.malformed", "expected either `revision` or `files`");
  return files === undefined ? { revision: revision ?? "" } : { files };
}

async function* eventLines(events: AsyncIterable<SimulationEvent>): AsyncGenerator<string> {
  for await (const event of events) yield `${JSON.stringify(event)}\n`;
}
