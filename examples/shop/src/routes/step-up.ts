import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { html } from "../html.ts";
import { notice } from "../layout.ts";
import { placeName, returnPath } from "../return-path.ts";
import { acceptedStep } from "../second-step.ts";
import { sessionCookie } from "../sessions.ts";
import { field, query, type Shop, seeOther } from "./deps.ts";

export function stepUpRoutes(app: FastifyInstance, shop: Shop): void {
  app.get("/step-up", (request, reply) =>
    stepUpPage(shop, request, reply, { back: returnPath(query(request, "return")), problem: null }),
  );

  app.post("/step-up", async (request, reply) => {
    const back = returnPath(field(request, "return", 512));
    const { name, session } = shop.by(request);
    const person = name === null ? null : shop.store.person(name);
    if (person === null || session === null) return seeOther(reply, "/login");
    const at = shop.now();
    const tries = `code of ${person.name}`;
    const wait = shop.attempts.wait(tries, at);
    if (wait > 0) {
      reply.code(429).header("retry-after", wait);
      return stepUpPage(shop, request, reply, {
        back,
        problem: `Too many tries. Please wait ${wait} seconds.`,
      });
    }
    const code = field(request, "code", 12).replaceAll(" ", "");
    const step = acceptedStep(person.secret, person.name, code, person.lastStep, at);
    if (step === null || !shop.store.useStep(person.name, step)) {
      shop.attempts.failed(tries, at);
      reply.code(403);
      const problem = "That code is wrong, too old or already used. Please take the newest one.";
      return stepUpPage(shop, request, reply, { back, problem });
    }
    shop.attempts.succeeded(tries);
    const secret = await shop.sessions.steppedUp({ name: person.name, session, at });
    reply.header("set-cookie", sessionCookie(secret));
    return seeOther(reply, back);
  });
}

function stepUpPage(
  shop: Shop,
  request: FastifyRequest,
  reply: FastifyReply,
  given: { readonly back: string; readonly problem: string | null },
): FastifyReply {
  return shop.show(request, reply, {
    title: "Confirm that it is you",
    body: html`${notice(given.problem)}
      <p>Then you go on to <strong>${placeName(given.back)}</strong>.${keeps(given.back)}</p>
      <form method="post" action="/step-up">
        <input type="hidden" name="return" value="${given.back}">
        <label for="code">Code from your app</label>
        <input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required>
        <p class="hint">Six digits. A code is good once.</p>
        <button>Go on</button>
      </form>
      <p class="hint">In this sample a terminal stands in for the app:
        <code>npx postern tour code ${shop.by(request).name ?? "NAME"}</code></p>`,
  });
}

/** Only payouts have a draft. */
function keeps(back: string): string {
  return back.startsWith("/payouts") ? " What you have typed is kept." : "";
}
