import { Type } from "typebox";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import type { Wiring } from "../wiring.ts";
import { entityIn, STRICT } from "./shape.ts";

export function offers(app: App, { service }: Wiring): void {
  const Query = Type.Object(
    { subject: Type.Optional(Type.String()), device: Type.Optional(Type.String()) },
    STRICT,
  );
  app.get(
    "/v1/offers",
    {
      config: { access: ["opt-outs.read", "opt-outs.request"] },
      schema: { summary: "what policy lets someone ask for", tags: ["opt-outs"], querystring: Query },
    },
    async (request) => {
      const { subject, device } = request.query;
      return {
        items: accepted(
          await service.optOuts.offers(callerOf(request), {
            ...(subject === undefined ? {} : { subject: entityIn(subject, "subject") }),
            ...(device === undefined ? {} : { device: entityIn(device, "device") }),
          }),
        ),
      };
    },
  );
}
