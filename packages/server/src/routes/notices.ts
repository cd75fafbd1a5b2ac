import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import type { Wiring } from "../wiring.ts";

export function notices(app: App, { service }: Wiring): void {
  app.get(
    "/v1/notices",
    {
      config: { access: ["admin"] },
      schema: { summary: "how far each channel has told what happened", tags: ["notices"] },
    },
    async (request) => ({ items: accepted(await service.notices.channels(callerOf(request))) }),
  );
}
