import { createHash, randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import {
  type Fixture,
  type FixtureOptions,
  GOING,
  received,
  sendRaw,
  startFixture,
  visit,
} from "./fixture.ts";

let fixture: Fixture;
async function start(options: FixtureOptions = {}): Promise<Fixture> {
  fixture = await startFixture(options);
  return fixture;
}
afterEach(async () => await fixture.close());

describe("a request that is let through", () => {
  it("reaches the application with its method, canonical path and query, and comes back with its answer", async () => {
    const { url } = await start({
      application: (request, response) => {
        response.writeHead(201, "Made", { "x-of-app": "yes" });
        response.end(`${request.method} ${request.url}`);
      },
    });
    const answer = await fetch(`${url}/open/%61bc/?q=%2F..%2f&x=1`, { method: "PUT", body: "x" });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("x-of-app")).toBe("yes");
    expect(answer.headers.get("decision-id")).toMatch(/^dec_/);
    expect(await answer.text()).toBe("PUT /open/abc?q=%2F..%2f&x=1");
  });

  it("streams a large body up and down unchanged", async () => {
    const { url } = await start({ application: (request, response) => request.pipe(response) });
    const body = randomBytes(3_000_000);
    const answer = await fetch(`${url}/open/echo`, { method: "POST", body });
    const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
    expect(hash(new Uint8Array(await answer.arrayBuffer()))).toBe(hash(body));
  });

  it("delivers each part of a stream as it is written", async () => {
    let finish: () => void = () => {};
    const { url } = await start({
      application: (_, response) => {
        response.write("first");
        finish = () => response.end("second");
      },
    });
    const reader = (await fetch(`${url}/open/stream`)).body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("first");
    finish();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("second");
  });

  it("keeps a chunked body chunked and a counted body counted", async () => {
    const seen: unknown[] = [];
    const { port } = await start({
      application: (request, response) => {
        seen.push([request.headers["content-length"], request.headers["transfer-encoding"]]);
        request.resume().on("end", () => response.end());
      },
    });
    const head = `Host: 127.0.0.1:${port}\r\nConnection: close\r\n`;
    await sendRaw(
      port,
      `POST /open HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    );
    await sendRaw(port, `POST /open HTTP/1.1\r\n${head}Content-Length: 3\r\n\r\nabc`);
    await sendRaw(port, `GET /open HTTP/1.1\r\n${head}\r\n`);
    expect(seen).toEqual([
      [undefined, "chunked"],
      ["3", undefined],
      [undefined, undefined],
    ]);
  });

  it("asks for the body only after the decision when the client waits for a 100", async () => {
    const { port, asked } = await start({ application: (request, response) => request.pipe(response) });
    const head = `Host: 127.0.0.1:${port}\r\nConnection: close\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n`;
    const let_through = await sendRaw(port, `POST /open HTTP/1.1\r\n${head}ok`);
    expect(let_through).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/);
    const refused = await sendRaw(port, `POST /closed HTTP/1.1\r\n${head}`);
    expect(refused).toMatch(/^HTTP\/1\.1 403/);
    expect(asked).toHaveLength(2);
  });

  it("loses the cookies that are Postern's and keeps the others", async () => {
    let cookies: readonly string[] | undefined;
    const { url } = await start({
      application: (request, response) => {
        cookies = received(request).get("cookie");
        response.end();
      },
    });
    await fetch(`${url}/open`, {
      headers: {
        cookie:
          "a=1; __Host-postern=s3cret; __Host-postern-me=x; __host-postern-visit=v; __Secure-postern-resume=r; b=2",
      },
    });
    expect(cookies).toEqual(["a=1; b=2"]);
    await fetch(`${url}/open`, { headers: { cookie: "__Host-postern=s3cret" } });
    expect(cookies).toBeUndefined();
  });

  it("breaks off for the client when the application breaks off, instead of looking complete", async () => {
    const { url } = await start({
      application: (_, response) => {
        response.writeHead(200, { "content-length": "100" });
        response.write("half", () => response.destroy());
      },
    });
    const answer = await fetch(`${url}/open`);
    await expect(answer.text()).rejects.toThrow();
  });

  it("ends the application's request when the client goes away", async () => {
    const gone = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const { url } = await start({
      application: (_, response) => {
        response.write("begun");
        begun.resolve();
        response.once("close", () => gone.resolve());
      },
    });
    const stop = new AbortController();
    await fetch(`${url}/open`, { signal: stop.signal });
    await begun.promise;
    stop.abort();
    await expect(gone.promise).resolves.toBeUndefined();
  });

  it("uses a kept connection again, and another one where it was closed meanwhile", async () => {
    const sockets = new Set<Socket>();
    const { url } = await start({
      application: (request, response) => {
        if (request.url === "/open/3" && sockets.has(request.socket)) request.socket.destroy();
        else response.end();
        sockets.add(request.socket);
      },
    });
    await visit(`${url}/open/1`);
    await visit(`${url}/open/2`);
    expect(sockets.size).toBe(1);
    expect((await visit(`${url}/open/3`)).status).toBe(200);
    expect(sockets.size).toBe(2);
  });

  it("receives no trailers that a client sends after its body", async () => {
    let trailers: unknown;
    let announced: unknown;
    const { port } = await start({
      application: (request, response) => {
        announced = request.headers.trailer;
        request.resume().on("end", () => {
          trailers = request.trailers;
          response.end();
        });
      },
    });
    await sendRaw(
      port,
      `POST /open HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTrailer: Postern-Assertion\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nPostern-Assertion: forged\r\n\r\n`,
    );
    expect(announced).toBeUndefined();
    expect(trailers).toEqual({});
  });
});

describe("an application that does not answer", () => {
  it("is a 502 where it cannot be reached, as a page for people and problem details for programs", async () => {
    const { url } = await start({ upstream: "http://127.0.0.1:9" });
    const program = await fetch(`${url}/open`);
    expect(program.status).toBe(502);
    expect(program.headers.get("cache-control")).toBe("no-store");
    expect(await program.json()).toMatchObject({ code: "gateway.unavailable", status: 502 });
    const person = await visit(`${url}/open`, GOING);
    expect(person.status).toBe(502);
    expect(person.text).toContain("The application does not answer");
  });

  it("is a 504 where it takes too long", async () => {
    const { url } = await start({
      application: () => {},
      patience: { connect: 1_000, answer: 60, silence: 1_000 },
    });
    const answer = await fetch(`${url}/open`);
    expect(answer.status).toBe(504);
    expect(await answer.json()).toMatchObject({ code: "gateway.slow" });
  });
});

describe("a WebSocket", () => {
  const handshake = (path: string, port: number): string =>
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;

  function echoing(): FixtureOptions {
    return {
      prepare: (server) => {
        server.on("upgrade", (request, socket) => {
          const headers = received(request);
          socket.write(
            `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Told: ${headers.has("postern-assertion")}\r\n\r\n`,
          );
          socket.pipe(socket);
          socket.on("error", () => {});
        });
      },
    };
  }

  it("is handed over after a decision and carries bytes both ways", async () => {
    const { port, asked } = await start(echoing());
    const got = await sendRaw(port, `${handshake("/open/live", port)}hello`);
    expect(got).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
    expect(got).toContain("X-Told: true");
    expect(got.endsWith("hello")).toBe(true);
    expect(asked).toHaveLength(1);
  });

  it("is refused like any request where the decision is no", async () => {
    const { port } = await start(echoing());
    const got = await sendRaw(port, handshake("/closed/live", port));
    expect(got).toMatch(/^HTTP\/1\.1 403 /);
    expect(got).toContain('"code":"decision.deny"');
  });

  it("is not opened by an application that answers with a page instead", async () => {
    const { port } = await start({
      application: (_, response) => {
        response.writeHead(426);
        response.end("no");
      },
    });
    const got = await sendRaw(
      port,
      `${handshake("/open/live", port)}GET /closed HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    expect(got).toMatch(/^HTTP\/1\.1 426 /);
    expect(got.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  it("ends when what let it through is withdrawn", async () => {
    const { port, refuse, changed } = await start(echoing());
    const socket = connect(port, "127.0.0.1", () => socket.write(handshake("/open/live", port)));
    const ended = new Promise<string>((done) => socket.once("close", () => done("ended")));
    await new Promise((ready) => socket.once("data", ready));
    changed();
    socket.write("still");
    expect(String(await new Promise((ready) => socket.once("data", ready)))).toBe("still");
    refuse.add("/open/live");
    changed();
    expect(await ended).toBe("ended");
  });

  it("is the only protocol that a connection is handed over to", async () => {
    const urls: unknown[] = [];
    const { port } = await start({
      application: (request, response) => {
        urls.push([request.url, request.headers.upgrade, request.headers["http2-settings"]]);
        response.end("plain");
      },
    });
    const got = await sendRaw(
      port,
      `GET /open HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
    );
    expect(got).toMatch(/^HTTP\/1\.1 200/);
    expect(urls).toEqual([["/open", undefined, undefined]]);
  });
});

describe("a stream that is still running", () => {
  it("ends when what let it through is withdrawn", async () => {
    const { url, refuse, changed } = await start({
      application: (_, response) => response.write("first"),
    });
    const ended = new Promise<string>((done) => {
      const request = httpRequest(`${url}/open/stream`, (response) => {
        response.once("data", () => {
          refuse.add("/open/stream");
          changed();
        });
        response.once("error", () => done("ended"));
        response.once("end", () => done("complete"));
      });
      request.once("error", () => done("ended"));
      request.end();
    });
    expect(await ended).toBe("ended");
  });
});
