import { startTarget, wrk } from "./load.ts";
import type { Row } from "./row.ts";

const SECONDS = 2;

function evaluationOf(session: string, resource: string): string {
  return JSON.stringify({
    subject: { type: "user", id: "person", properties: { department: "sales", note: "x".repeat(300) } },
    action: { name: "get", properties: { via: "bench" } },
    resource: { type: "app", id: resource, properties: { owner: "someone", title: "y".repeat(300) } },
    context: { postern: { session }, time: "2026-11-21T09:00:00Z", agent: "z".repeat(200) },
  });
}

/** Both servers with the same body in and the same bytes out, at 32 connections. */
export async function httpRows(): Promise<readonly Row[]> {
  const ours = await startTarget("postern");
  const { url, token, session, secret } = ours.target;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const permit = evaluationOf(session, "notes/1");
  const honour = evaluationOf(session, "reports/1");
  const sample = await fetch(`${url}/access/v1/evaluation`, { method: "POST", headers, body: permit });
  const bytes = new Uint8Array(await sample.arrayBuffer());
  const bare = await startTarget("bare", bytes);
  const gate = {
    "x-original-method": "GET",
    "x-original-uri": "/notes/1",
    cookie: `__Host-postern=${secret}`,
  };

  const decided = async (): Promise<number> => {
    const text = await (await fetch(`${url}/metrics`, { headers })).text();
    let total = 0;
    for (const [, value] of text.matchAll(/^postern_decisions_total\{[^}]*\} (\d+)/gm))
      total += Number(value);
    return total;
  };
  let stopped = 0;
  const stop = async (): Promise<void> => {
    stopped += 1;
    if (stopped === 3) await Promise.all([ours.stop(), bare.stop()]);
  };
  const evaluation = (body: string) =>
    wrk(`${url}/access/v1/evaluation`, { method: "POST", headers, body }, SECONDS);
  return [
    {
      name: "POST /access/v1/evaluation beside a bare node:http server, 32 connections",
      target: "0.6 or more of the bare server",
      async round() {
        const before = await decided();
        const [mine, theirs] = [
          await evaluation(permit),
          await wrk(bare.target.url, { method: "POST", headers, body: permit }, SECONDS),
        ];
        return {
          ratio: mine.rate / theirs.rate,
          "postern/s": mine.rate,
          "bare/s": theirs.rate,
          requests: mine.requests,
          decisions: (await decided()) - before,
          refused: mine.bad + theirs.bad,
        };
      },
      worst: ["refused"],
      met: (medians) => (medians.ratio ?? 0) >= 0.6 && medians.refused === 0,
      close: stop,
    },
    {
      name: "GET /gate/nginx beside a bare GET, 32 connections",
      target: "0.7 or more of the bare GET",
      async round() {
        const [mine, theirs] = [
          await wrk(`${url}/gate/nginx`, { method: "GET", headers: gate }, SECONDS),
          await wrk(bare.target.url, { method: "GET", headers: gate }, SECONDS),
        ];
        return {
          ratio: mine.rate / theirs.rate,
          "gate/s": mine.rate,
          "bare/s": theirs.rate,
          refused: mine.bad + theirs.bad,
        };
      },
      worst: ["refused"],
      met: (medians) => (medians.ratio ?? 0) >= 0.7 && medians.refused === 0,
      close: stop,
    },
    {
      name: "honours over HTTP beside permits over HTTP, 32 connections",
      target: "a ratio, stated",
      async round() {
        const [honours, permits] = [await evaluation(honour), await evaluation(permit)];
        return {
          ratio: honours.rate / permits.rate,
          "honours/s": honours.rate,
          "permits/s": permits.rate,
          refused: honours.bad + permits.bad,
        };
      },
      worst: ["refused"],
      met: (medians) => medians.refused === 0,
      close: stop,
    },
  ];
}
