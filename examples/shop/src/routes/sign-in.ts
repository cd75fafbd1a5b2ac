import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { html } from "../html.ts";
import { notice } from "../layout.ts";
import { passwordMatches } from "../password.ts";
import { placeName, returnPath } from "../return-path.ts";
import { SAMPLE_DEVICES } from "../sample.ts";
import { NO_SESSION_COOKIE, sessionCookie } from "../sessions.ts";
import { field, query, type Shop, seeOther } from "./deps.ts";

export function signInRoutes(app: FastifyInstance, shop: Shop): void {
  app.get("/login", (request, reply) =>
    signInPage(shop, request, reply, { back: returnPath(query(request, "return")), name: "", problem: null }),
  );

  app.post("/login", async (request, reply) => {
    const name = field(request, "name", 64).toLowerCase();
    const back = returnPath(field(request, "return", 512));
    const at = shop.now();
    const wait = shop.attempts.wait(name, at);
    if (wait > 0) {
      reply.code(429).header("retry-after", wait);
      const problem = `Too many tries. Please wait ${wait} seconds.`;
      return signInPage(shop, request, reply, { back, name, problem });
    }
    const person = shop.store.person(name);
    if (!(await passwordMatches(field(request, "password", 256), person?.passwordHash ?? null))) {
      shop.attempts.failed(name, at);
      reply.code(403);
      const problem = "That name and password do not belong together.";
      return signInPage(shop, request, reply, { back, name, problem });
    }
    shop.attempts.succeeded(name);
    const device = field(request, "device", 64);
    const known = SAMPLE_DEVICES.some(({ id }) => id === device);
    const secret = await shop.sessions.signedIn({ name, device: known ? device : null, at });
    reply.header("set-cookie", sessionCookie(secret));
    return seeOther(reply, back);
  });

  app.post("/logout", async (request, reply) => {
    const { session } = shop.by(request);
    if (session !== null) await shop.sessions.signedOut(session);
    reply.header("set-cookie", NO_SESSION_COOKIE);
    return seeOther(reply, "/");
  });
}

function signInPage(
  shop: Shop,
  request: FastifyRequest,
  reply: FastifyReply,
  given: { readonly back: string; readonly name: string; readonly problem: string | null },
): FastifyReply {
  return shop.show(request, reply, {
    title: "Sign in",
    body: html`${notice(given.problem)}
      ${given.back === "/" ? null : html`<p>Then you go on to <strong>${placeName(given.back)}</strong>.</p>`}
      <form method="post" action="/login">
        <input type="hidden" name="return" value="${given.back}">
        <label for="name">Name</label>
        <input id="name" name="name" value="${given.name}" autocomplete="username" autocapitalize="none" required>
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required>
        <label for="device">This computer</label>
        <select id="device" name="device">
          <option value="">One that is not listed</option>
          ${SAMPLE_DEVICES.map(({ id, label }) => html`<option value="${id}">${label}</option>`)}
        </select>
        <p class="hint">In this sample you say which computer you sit at. A device that proves itself will take the place of
          this list; until then an administrator has registered each one.</p>
        <button>Sign in</button>
      </form>`,
  });
}
