import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { anyPort } from "@postern/example-shop";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findProgram, type RunningProgram } from "../scripts/demo/program.ts";
import { caddy, nginx } from "../scripts/demo/proxy.ts";

/** A header that a client invents, with every name that an application might believe. */
const INVENTED = {
  "postern-assertion": "invented",
  "postern-outcome": "invented",
  "decision-id": "invented",
  "x-original-uri": "/invented",
  "x-original-method": "INVENTED",
  "x-forwarded-uri": "/invented",
  "x-forwarded-method": "INVENTED",
  "x-forwarded-for": "203.0.113.9",
  "x-forwarded-host": "invented.example",
  "x-forwarded-proto": "invented",
  "x-forwarded-user": "invented",
  forwarded: "for=203.0.113.9;host=invented.example",
  "x-real-ip": "203.0.113.9",
  "remote-user": "invented",
  "x-remote-user": "invented",
  "x-auth-user": "invented",
  "x-subject": "invented",
};
const OURS = "one=1; __Host-postern=secret; two=2; __Host-postern-visit=vis_secret";

interface Heard {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** A server that notes what it hears and answers as `answer` says. */
async function listener(heard: Heard[], answer: Readonly<Record<string, string>>): Promise<Server> {
  const server = createServer((asked, reply) => {
    heard.push({ url: asked.url ?? "", headers: asked.headers });
    reply.writeHead(200, answer).end();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return server;
}

function addressOf(server: Server): string {
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.each([nginx, caddy].map((proxy) => ({ ...proxy, path: findProgram(proxy.program) })))(
  "the configuration for $name in its docs page",
  ({ name, path, start }) => {
    const run = it.skipIf(path === null);
    const folder = mkdtempSync(join(tmpdir(), `postern-${name}-`));
    const shopHeard: Heard[] = [];
    const gateHeard: Heard[] = [];
    const servers: Server[] = [];
    let running: RunningProgram | null = null;
    let port = 0;

    beforeAll(async () => {
      if (path === null) return;
      const shop = await listener(shopHeard, {});
      const control = await listener(gateHeard, { "postern-assertion": "signed", "decision-id": "dec_1" });
      servers.push(shop, control);
      port = await anyPort();
      const [at, asks] = [addressOf(shop), addressOf(control)];
      running = await start(path, { folder, port, shop: at, control: asks, gateway: asks });
    });

    afterAll(async () => {
      await running?.stop();
      for (const server of servers) server.close();
      rmSync(folder, { recursive: true, force: true });
    });

    async function send(target: string, headers: Readonly<Record<string, string>>): Promise<void> {
      shopHeard.length = 0;
      gateHeard.length = 0;
      await new Promise<void>((done, failed) => {
        const sent = request({ host: "127.0.0.1", port, path: target, headers, agent: false }, (answer) => {
          answer.resume().on("end", done);
        });
        sent.on("error", failed).end();
      });
    }

    run(
      `lets nothing that a client invents reach the application (needs ${name} on this machine)`,
      async () => {
        await send("/catalogue", { ...INVENTED, cookie: OURS, "postern-session": "secret" });
        const headers = shopHeard[0]?.headers ?? {};
        expect(JSON.stringify(headers)).not.toMatch(/invented|INVENTED|203\.0\.113|secret/);
        expect(headers).toMatchObject({ "postern-assertion": "signed", "decision-id": "dec_1" });
        expect(headers.cookie).toMatch(/^one=1; two=2;?\s*$/);
      },
    );

    run(`tells the gate what was really asked, and shows it the session (needs ${name})`, async () => {
      await send("/reports?year=2026&audience=another", { ...INVENTED, cookie: OURS });
      const headers = gateHeard[0]?.headers ?? {};
      expect(gateHeard[0]?.url).toBe(`/gate/${name}`);
      const prefix = name === "nginx" ? "x-original" : "x-forwarded";
      expect(headers[`${prefix}-uri`]).toBe("/reports?year=2026&audience=another");
      expect(headers[`${prefix}-method`]).toBe("GET");
      expect(headers["x-forwarded-for"]).toBe("127.0.0.1");
      expect(headers.cookie).toContain("__Host-postern=secret");
    });

    const targets = [
      "/%72eports//x;a?b=c",
      "//reports",
      "/catalogue/../reports",
      "/a%2fb",
      "/catalogue/%2e%2e/reports",
      "/a/.",
    ];
    run.each(targets)(
      `asks about the very text that the application gets: %s (needs ${name})`,
      async (target) => {
        await send(target, {});
        const asked = gateHeard[0]?.headers[name === "nginx" ? "x-original-uri" : "x-forwarded-uri"];
        expect(asked).toBe(target);
        expect(shopHeard[0]?.url).toBe(asked);
      },
    );
  },
);
