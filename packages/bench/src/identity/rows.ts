import { type Started, startScript, startTarget, wrk } from "../load.ts";
import type { Round, Row } from "../row.ts";
import { perSecond } from "./issue.ts";
import { findRedis, type RunningRedis, startRedis } from "./redis.ts";
import type { Check, PosternTarget } from "./serving.ts";

const SECONDS = 2;
const BETTER_AUTH_TIMES = 20;
const EXPRESS_TIMES = 4;
/** The peers as they are deployed. */
const PRODUCTION = { NODE_ENV: "production" };

/** All of one round, over loopback HTTP at 32 connections, one server after the other. */
interface Measured {
  readonly ours: Load;
  readonly betterAuth: Load;
  readonly express: Load | null;
  readonly bare: Load;
  readonly refused: number;
}

interface Load {
  readonly rate: number;
  readonly bad: number;
  /** Microseconds of processor time of the server's own process for one request. */
  readonly cpu: number;
}

export async function identityRows(): Promise<readonly Row[]> {
  const script = new URL("./target.ts", import.meta.url);
  const server = findRedis();
  const redis: RunningRedis | null = server === null ? null : await startRedis(server);
  const ours = await startScript<PosternTarget>(script, ["postern"], {});
  const betterAuth = await startScript<Check>(script, ["better-auth"], PRODUCTION);
  const express: Started<Check> | null =
    redis === null
      ? null
      : await startScript<Check>(script, ["express-session"], { ...PRODUCTION, BENCH_REDIS: redis.url });
  const bare = await startTarget("bare");
  const { check, introspection, issue } = ours.target;
  for (const one of [check, betterAuth.target, ...(express === null ? [] : [express.target])])
    await mustSay(one);

  const get = ({ url, headers }: Pick<Check, "url" | "headers">) =>
    wrk(url, { method: "GET", headers }, SECONDS);
  const loaded = async (server: Pick<Started<unknown>, "cpu">, asked: Check): Promise<Load> => {
    const before = await server.cpu();
    const { rate, bad, requests } = await get(asked);
    return { rate, bad, cpu: ((await server.cpu()) - before) / requests };
  };
  let last: Measured | null = null;
  /** The peers of this round: the first row has measured them. */
  const peers = (): Measured => {
    if (last === null) throw new Error("expected the session check to be measured first");
    return last;
  };
  const beside = (rate: number): Readonly<Record<string, number>> => {
    const round = peers();
    return {
      "times better-auth's check": rate / round.betterAuth.rate,
      ...(round.express === null ? {} : { "times express-session's check": rate / round.express.rate }),
    };
  };
  const families = [...issue.refresh];

  return [
    {
      name: "session check (GET /gate/nginx) beside better-auth's (GET /api/auth/get-session), 32 connections",
      target: `${BETTER_AUTH_TIMES} times better-auth or more`,
      async round() {
        const mine = await loaded(ours, check);
        const theirs = await loaded(betterAuth, betterAuth.target);
        const limit = await loaded(bare, { ...check, url: bare.target.url });
        const redisBacked = express === null ? null : await loaded(express, express.target);
        const refused = mine.bad + theirs.bad + limit.bad + (redisBacked?.bad ?? 0);
        last = { ours: mine, betterAuth: theirs, express: redisBacked, bare: limit, refused };
        return besidePeer(mine, "better-auth", theirs, last);
      },
      worst: ["refused"],
      met: (medians) => (medians.ratio ?? 0) >= BETTER_AUTH_TIMES && medians.refused === 0,
    },
    {
      name: "session check (GET /gate/nginx) beside express-session with Redis, 32 connections",
      target: `${EXPRESS_TIMES} times express-session or more`,
      ...(redis === null
        ? {
            notMeasured:
              "there is neither `redis-server` nor `valkey-server` on PATH (Debian package `redis-server`)",
          }
        : {}),
      round() {
        const round = peers();
        if (round.express === null) throw new Error("expected express-session to be measured");
        return besidePeer(round.ours, "express-session", round.express, round);
      },
      worst: ["refused"],
      met: (medians) => (medians.ratio ?? 0) >= EXPRESS_TIMES && medians.refused === 0,
    },
    {
      name: "introspection of an opaque access token (RFC 7662), 32 connections",
      target: "a ratio to the peers' session checks, stated",
      async round() {
        const { url, headers, body } = introspection;
        await mustSay({ url, headers, says: '"active":true' }, body);
        const { rate, bad } = await wrk(url, { method: "POST", headers, body }, SECONDS);
        return { ...beside(rate), "introspections/s": rate, refused: bad };
      },
      worst: ["refused"],
      met: (medians) => medians.refused === 0,
    },
    {
      name: "tokens issued by refresh: access, ID and new refresh token, 32 families at once",
      target: "a ratio to the peers' session checks, stated",
      async round() {
        const rate = await perSecond(issue, families, SECONDS);
        return { ...beside(rate), "issued/s": rate };
      },
      met: (medians) => (medians["issued/s"] ?? 0) > 0,
      async close() {
        await Promise.all([ours.stop(), betterAuth.stop(), express?.stop(), bare.stop()]);
        await redis?.stop();
      },
    },
  ];
}

function besidePeer(mine: Load, peer: string, theirs: Load, { bare, refused }: Measured): Round {
  return {
    ratio: mine.rate / theirs.rate,
    "checks/s": mine.rate,
    [`${peer}/s`]: theirs.rate,
    "bare/s": bare.rate,
    "CPU µs a check": mine.cpu,
    [`of ${peer}`]: theirs.cpu,
    "of bare": bare.cpu,
    "CPU ratio": theirs.cpu / mine.cpu,
    refused,
  };
}

/** A server that says nothing of a session is no peer: fails where it does not name what it should. */
async function mustSay({ url, headers, says }: Check, body?: string): Promise<void> {
  const asked = await fetch(url, body === undefined ? { headers } : { method: "POST", headers, body });
  const told = [asked.status, ...[...asked.headers].flat(), await asked.text()].join("\n");
  if (asked.status !== 200 || !told.includes(says))
    throw new Error(`expected \`${says}\` of ${url}, got ${asked.status}`);
}
