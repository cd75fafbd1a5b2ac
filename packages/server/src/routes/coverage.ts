import { Type } from "typebox";
import type { App } from "../http/app.ts";
import { accepted, callerOf } from "../http/reply.ts";
import type { Wiring } from "../wiring.ts";
import { CoverageAnswer } from "./policy-shape.ts";
import { PAGE, pageOf, STRICT } from "./shape.ts";

/** Which ways were asked for, and what governs them. Templates, never paths: what looks like an id is folded. */
export function coverage(app: App, { service }: Wiring): void {
  app.get(
    "/v1/coverage",
    {
      config: { access: ["explain", "policy.write", "policy.activate"] },
      schema: {
        summary: "what was asked for at this node, and which Protections govern it; the ungoverned first",
        tags: ["policy"],
        querystring: Type.Object(
          {
            limit: PAGE.limit,
            ungoverned: Type.Optional(Type.Union([Type.Literal("true"), Type.Literal("false")])),
          },
          STRICT,
        ),
        response: { 200: CoverageAnswer },
      },
    },
    async (request) => {
      const { ungoverned, ...page } = request.query;
      const { limit } = pageOf(page);
      return accepted(
        await service.coverage.read(callerOf(request), { limit, ungoverned: ungoverned === "true" }),
      );
    },
  );
}
