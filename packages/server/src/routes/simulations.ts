import { Readable } from "node:stream";
import type { SimulationAsk, SimulationEvent } from "@postern/service";
import { Type } from "typebox";
import { boundTo } from "../auth/resource-binding.ts";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import { refused } from "../problem/document.ts";
import type { Wiring } from "../wiring.ts";
import { LONGEST_POLICY, POLICY_FILES } from "./policy.ts";
import { Name, STRICT } from "./shape.ts";

const TAGS = ["policy"];
const OUTCOMES = ["permit", "honour", "challenge", "deny"] as const;
const INSTANT = Type.Optional(Type.String({ maxLength: 64 }));

/** What a candidate would have answered to what was asked; streams what it finds and changes nothing. */
export function simulations(app: App, { service }: Wiring): void {
  app.post(
    "/v1/policy/simulations",
    {
      bodyLimit: LONGEST_POLICY,
      config: { access: ["policy.write", "policy.activate"], writes: false },
      schema: {
        summary: "decide recorded requests again under a candidate (JSON lines); changes nothing",
        tags: TAGS,
        body: Type.Object(
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
        ),
      },
    },
    async (request, reply) => {
      const { revision, files, facts = "recorded", ...source } = request.body;
      const caller = callerOf(request);
      const ask: SimulationAsk = {
        ...source,
        facts,
        candidate: candidateOf(revision, files),
        mayTell: ({ type, id }) => caller.kind === "session" || boundTo(caller.token, type, id),
        gone: () => reply.raw.destroyed,
      };
      const events = accepted(await service.simulations.run(caller, ask));
      reply.type("application/jsonl; charset=utf-8").header("cache-control", "no-store");
      return reply.send(Readable.from(linesOf(events)));
    },
  );
}

function candidateOf(
  revision: string | undefined,
  files: readonly { readonly path: string; readonly text: string }[] | undefined,
): SimulationAsk["candidate"] {
  if ((revision === undefined) === (files === undefined))
    throw refused("request.malformed", "expected either `revision` or `files`");
  return files === undefined ? { revision: revision ?? "" } : { files };
}

async function* linesOf(events: AsyncIterable<SimulationEvent>): AsyncGenerator<string> {
  for await (const event of events) yield `${JSON.stringify(event)}\n`;
}
