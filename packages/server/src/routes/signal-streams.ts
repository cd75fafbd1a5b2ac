import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import type { Wiring } from "../wiring.ts";

/** The streams over which others are told of what happens here, and how far each has come. */
export function signalStreams(app: App, { service }: Wiring): void {
  app.get(
    "/v1/signals/streams",
    {
      config: { access: ["admin"] },
      schema: {
        summary: "the streams that tell others: what waits, what fails and what was given up",
        tags: ["signals"],
      },
    },
    async (request) => ({ items: accepted(await service.streams.standing(callerOf(request))) }),
  );
}
