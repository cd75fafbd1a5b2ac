import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Fixture, sendRaw, startFixture } from "./fixture.ts";

let fixture: Fixture;
const seen: string[] = [];
beforeAll(async () => {
  fixture = await startFixture({
    application: (request, response) => {
      seen.push(`${request.method} ${request.url}`);
      let body = "";
      request.setEncoding("latin1");
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        if (body !== "") seen.push(`body ${body}`);
        response.end("ok");
      });
      request.on("error", () => {});
    },
  });
});
afterAll(async () => await fixture.close());
beforeEach(() => {
  seen.length = 0;
});

const NEXT = "GET /closed/next HTTP/1.1\r\nHost: x\r\n\r\n";

describe("a request that two servers could delimit differently", () => {
  const attempts: readonly (readonly [string, string])[] = [
    [
      "both a length and chunks",
      `POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`,
    ],
    [
      "chunks and then a length",
      `POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n${NEXT}`,
    ],
    [
      "two lengths",
      `POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n${NEXT}`,
    ],
    ["a list of lengths", `POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 0, 44\r\n\r\n${NEXT}`],
    ["a signed length", `POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n${NEXT}`],
    ["a hexadecimal length", `POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 0x2c\r\n\r\n${NEXT}`],
    [
      "an encoding that is not chunked",
      `POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${NEXT}`,
    ],
    [
      "an encoding on top of chunked",
      `POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n${NEXT}`,
    ],
    [
      "two encodings",
      `POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${NEXT}`,
    ],
    [
      "a space before the colon",
      `POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${NEXT}`,
    ],
    [
      "an underscore in the length's name",
      `POST /open HTTP/1.1\r\nHost: x\r\nContent_Length: 44\r\nContent-Length: 0\r\n\r\n${NEXT}`,
    ],
    ["a folded header", `POST /open HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n Content-Length: 44\r\n\r\n${NEXT}`],
    [
      "a folded encoding",
      `POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${NEXT}`,
    ],
    ["a bare line feed", `POST /open HTTP/1.1\nHost: x\nContent-Length: 0\n\n${NEXT}`],
    [
      "a bare line feed between headers",
      `GET /open HTTP/1.1\r\nHost: x\r\nX-A: 1\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${NEXT}`,
    ],
    [
      "a bare carriage return in a header",
      `GET /open HTTP/1.1\r\nHost: x\r\nX-A: 1\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${NEXT}`,
    ],
    ["a NUL in a header", `GET /open HTTP/1.1\r\nHost: x\r\nX-A: 1\0\r\n\r\n`],
    ["two hosts", `GET /open HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n`],
    ["no host", `GET /open HTTP/1.1\r\n\r\n`],
    ["a host that is none", `GET /open HTTP/1.1\r\nHost: x/y@z\r\n\r\n`],
    ["HTTP/1.0 with chunks", `POST /open HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    [
      "a chunk size with a sign",
      `POST /open/chunk HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n${NEXT}`,
    ],
    [
      "a chunk that is longer than it says",
      `POST /open/chunk HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n${NEXT}`,
    ],
    ["an absolute address", `GET http://x/open HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["another authority in the address", `GET //evil.example/open HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["a fragment in the address", `GET /open#/closed HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["a space in the address", `GET /open /closed HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["an asterisk for an address", `OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["a method that shows our headers", `TRACE /open HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["a tunnel to elsewhere", `CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["the preface of HTTP/2", `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`],
  ];
  for (const [what, bytes] of attempts) {
    it(`is refused, and the application sees no second request: ${what}`, async () => {
      const got = await sendRaw(fixture.port, bytes);
      const statuses = [...got.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status);
      expect(got === "" || /^HTTP\/1\.1 4\d\d /.test(got)).toBe(true);
      expect(statuses).not.toContain("200");
      expect(seen.filter((line) => !line.startsWith("POST /open/chunk"))).toEqual([]);
      expect(got).not.toContain("from the application");
    });
  }

  it("is told from honest ones: a pipeline of two requests is answered in order", async () => {
    const got = await sendRaw(
      fixture.port,
      `POST /open/a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /open/b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect([...got.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status)).toEqual(["200", "200"]);
    expect(seen).toEqual(["POST /open/a", "body abc", "GET /open/b"]);
  });

  it("is told from honest ones: a refused request's body is not read as the next request", async () => {
    const body = "GET /open/inner HTTP/1.1\r\nHost: x\r\n\r\n";
    const got = await sendRaw(
      fixture.port,
      `POST /closed HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(got).toMatch(/^HTTP\/1\.1 403 /);
    expect(seen).toEqual([]);
  });
});

describe("a path that two servers could read differently", () => {
  for (const path of [
    "/open/../closed",
    "/open/%2e%2e/closed",
    "/open/..%2fclosed",
    "/open/%2e%2e%2fclosed",
    "/open%2f..%2fclosed",
    "//open",
    "/open//closed",
    "/open/;/closed",
    "/open;x=1",
    "/open/%00",
    "/open/%252e%252e/closed",
    "/open/\\closed",
    "/open/%5cclosed",
    "/open/%c0%ae%c0%ae/closed",
    "/open/%e2%88%95closed",
    "/open/%ef%bc%8fclosed",
    "/open/.",
    "/open/x.",
    "/open/%zz",
  ]) {
    it(`is challenged and never forwarded: ${path}`, async () => {
      const got = await sendRaw(fixture.port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(got).toMatch(/^HTTP\/1\.1 (400|401|403) /);
      expect(got).toContain("application/problem+json");
      expect(seen).toEqual([]);
    });
  }

  it("is told from honest ones, which arrive in one form", async () => {
    for (const path of ["/open/a%20b", "/open/%C3%A9t%c3%a9", "/open/a+b,c=d@e", "/open/%61"]) {
      await sendRaw(fixture.port, `GET ${path}?q=a%2Fb HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    }
    expect(seen).toEqual([
      "GET /open/a%20b?q=a%2Fb",
      "GET /open/%C3%A9t%C3%A9?q=a%2Fb",
      "GET /open/a+b,c=d@e?q=a%2Fb",
      "GET /open/a?q=a%2Fb",
    ]);
  });
});
