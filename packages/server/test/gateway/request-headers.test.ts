import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Client } from "../../src/gateway/client.ts";
import { clientHeaders, isClaim, upstreamHeaders } from "../../src/gateway/request-headers.ts";
import { received, sendRaw, startFixture } from "./fixture.ts";

const client: Client = {
  address: "203.0.113.9",
  network: "203.0.113.0/24",
  forwardedFor: "203.0.113.9",
  host: "shop.test",
  protocol: "https",
};
const ours = { assertion: "OURS", decision: "dec_ours", client };

const CLAIMED = [
  "Postern-Assertion",
  "Postern-Subject",
  "Postern-Session",
  "Decision-Id",
  "X-Forwarded-For",
  "X-Forwarded-User",
  "X-Forwarded-Proto",
  "Forwarded",
  "X-Real-IP",
  "X-Original-URI",
  "X-Original-Method",
  "Remote-User",
  "X-Remote-User",
  "X-Remote-Groups",
  "X-Auth-Request-Email",
  "X-Auth-Token",
  "X-Subject",
  "X-Subject-Id",
  "X-HTTP-Method-Override",
  "X-Rewrite-URL",
];

const trick = fc.constantFrom(...CLAIMED).chain((name) =>
  fc
    .tuple(
      fc.array(fc.boolean(), { minLength: name.length, maxLength: name.length }),
      fc.constantFrom("-", "_", ".", "+", "~", "'", "--", "_-"),
    )
    .map(([upper, separator]) =>
      [...name]
        .map((letter, at) => (upper[at] === true ? letter.toUpperCase() : letter.toLowerCase()))
        .join("")
        .replaceAll("-", separator),
    ),
);

/** As CGI and its heirs name a header for an application. */
function cgi(name: string): string {
  return `HTTP_${name.toUpperCase().replace(/[^A-Z0-9]+/g, "_")}`;
}

describe("what an application is told about who asks", () => {
  it("never comes from the client, whatever the case or separators", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(trick, fc.string()), { maxLength: 8 }), (claims) => {
        const raw = ["Host", "shop.test", ...claims.flatMap(([name]) => [name, "forged"])];
        const sent = upstreamHeaders(raw, ours);
        const names = sent.filter((_, at) => at % 2 === 0);
        expect(sent).not.toContain("forged");
        const seen = names.map(cgi);
        expect(new Set(seen).size).toBe(seen.length);
      }),
      { numRuns: 500 },
    );
  });

  it("is said exactly once, by the gateway", () => {
    const sent = upstreamHeaders(
      ["Host", "shop.test", "postern_assertion", "forged", "DECISION-ID", "forged"],
      ours,
    );
    const names = sent.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
    for (const name of [
      "postern-assertion",
      "decision-id",
      "x-forwarded-for",
      "x-forwarded-host",
      "x-forwarded-proto",
    ]) {
      expect(names.filter((one) => one === name)).toHaveLength(1);
    }
  });

  it("does not fall away because the client lists it under Connection", () => {
    const sent = upstreamHeaders(
      [
        "Host",
        "shop.test",
        "Connection",
        "close, Postern-Assertion, Decision-Id, X-Forwarded-For, Host, X-Mine",
        "X-Mine",
        "1",
      ],
      ours,
    );
    expect(sent).toContain("OURS");
    expect(sent).toContain("dec_ours");
    expect(sent).toContain("shop.test");
    expect(sent).not.toContain("X-Mine");
    expect(sent.map((text) => text.toLowerCase())).not.toContain("connection");
  });

  it("leaves every other header as it was, in its order and as often as it came", () => {
    const name = fc
      .stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/)
      .filter(
        (text) =>
          !isClaim(text) &&
          !/^(connection|keep-alive|proxy.*|te|trailer|transfer-encoding|upgrade|expect|http2-settings|content-length|cookie)$/i.test(
            text,
          ),
      );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, fc.stringMatching(/^[ -~]{0,30}$/)), { maxLength: 12 }),
        (pairs) => {
          const raw = pairs.flat();
          expect(upstreamHeaders(raw, ours).slice(0, raw.length)).toEqual(raw);
        },
      ),
    );
  });

  it("is not confused with names that only look alike at first", () => {
    for (const name of [
      "X-Forward",
      "Post",
      "X-Request-ID",
      "Authorization",
      "X-Csrf-Token",
      "Origin",
      "Remote",
      "X-Author",
    ]) {
      expect([name, isClaim(name)]).toEqual([name, false]);
    }
  });
});

describe("what a client is told", () => {
  it("has the decision's number from the gateway and no header of Postern's from the application", () => {
    const sent = clientHeaders(
      [
        "Decision-Id",
        "forged",
        "Postern-Outcome",
        "forged",
        "X-App",
        "1",
        "Connection",
        "X-Hop",
        "X-Hop",
        "1",
      ],
      "dec_1",
    );
    expect(sent).toEqual(["X-App", "1", "Decision-Id", "dec_1"]);
  });

  it("keeps the session's cookie from the application's login, and no other cookie of Postern's", () => {
    const set = (value: string): readonly string[] => clientHeaders(["Set-Cookie", value], "dec_1");
    expect(set("__Host-postern=s; Path=/; Secure")).toContain("__Host-postern=s; Path=/; Secure");
    expect(set("mine=1")).toContain("mine=1");
    for (const name of ["__Host-postern-me", "__Host-postern-browser", "__host-postern-visit"]) {
      expect(set(`${name}=x; Path=/; Secure`)).toEqual(["Decision-Id", "dec_1"]);
    }
  });
});

describe("a gateway that runs", () => {
  it("lets no forged header through over the wire, and its own arrive", async () => {
    let seen: ReadonlyMap<string, readonly string[]> = new Map();
    const fixture = await startFixture({
      application: (request, response) => {
        seen = received(request);
        response.end();
      },
    });
    try {
      const forged = CLAIMED.flatMap((name) => [
        name,
        name.toUpperCase(),
        name.replaceAll("-", "_"),
        name.replaceAll("-", "."),
      ]);
      const lines = forged.map((name) => `${name}: forged\r\n`).join("");
      const got = await sendRaw(
        fixture.port,
        `GET /open HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n${lines}\r\n`,
      );
      expect(got).toMatch(/^HTTP\/1\.1 200/);
      expect([...seen.values()].flat()).not.toContain("forged");
      expect(seen.get("postern-assertion")?.[0]).toMatch(/^ey[\w-]+\.[\w-]+\.[\w-]+$/);
      expect(seen.get("decision-id")).toHaveLength(1);
      expect(seen.get("x-forwarded-for")).toEqual(["127.0.0.1"]);
      expect(seen.get("x-forwarded-host")).toEqual(["shop.test"]);
      expect(seen.get("x-forwarded-proto")).toEqual(["http"]);
    } finally {
      await fixture.close();
    }
  });
});
