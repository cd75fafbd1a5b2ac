import { request } from "node:http";
import type { Started } from "../load.ts";
import type { Round, Row } from "../row.ts";
import { type SessionTarget, type SignedIn, send, signIn, startSessionTarget } from "./session-target.ts";

const TIMES = 4;
/** Windows of one session, as many as a server lets watch it. */
const WINDOWS = 64;
const SIGNING_IN = 32;

/** A reader of server-sent events. */
interface Reader {
  /** The first bytes are here: it is served. */
  readonly open: Promise<void>;
  /** When it heard that its session has ended, by `performance.now()`, and what. */
  readonly ended: Promise<{ readonly at: number; readonly event: string }>;
}

function reader(url: string, secret: string, isEnd: (event: string) => boolean): Reader {
  const opened = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<{ readonly at: number; readonly event: string }>();
  const sent = request(
    url,
    { agent: false, headers: secret === "" ? {} : { authorization: `Bearer ${secret}` } },
    (response) => {
      if (response.statusCode !== 200) opened.reject(new Error(`a window got ${response.statusCode}`));
      let held = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        held += part;
        for (let end = held.indexOf("\n\n"); end >= 0; end = held.indexOf("\n\n")) {
          const event = held.slice(0, end + 2);
          held = held.slice(end + 2);
          if (!event.startsWith("event:") && secret !== "") continue;
          if (isEnd(event)) ended.resolve({ at: performance.now(), event });
          else opened.resolve();
        }
      });
      response.once("error", () => undefined);
    },
  );
  sent.once("error", opened.reject);
  sent.end();
  return { open: opened.promise, ended: ended.promise };
}

const isRevoked = (event: string): boolean => event.includes('"state":"revoked"');

interface FannedOut {
  /** Milliseconds from the acknowledgement until the last reader knew. */
  readonly afterwards: number;
  /** The same from the moment at which it was asked for. */
  readonly all: number;
  readonly event: string;
}

async function fanOut(
  readers: readonly Reader[],
  act: () => Promise<{ readonly status: number; readonly at: number }>,
): Promise<FannedOut> {
  await Promise.all(readers.map(({ open }) => open));
  const asked = performance.now();
  const { status, at } = await act();
  if (status !== 200) throw new Error(`expected 200, got ${status}`);
  const ended = await Promise.all(readers.map((one) => one.ended));
  const last = Math.max(...ended.map((one) => one.at));
  return { afterwards: Math.max(0, last - at), all: last - asked, event: ended[0]?.event ?? "" };
}

async function persons(target: SessionTarget, count: number, name: string): Promise<readonly SignedIn[]> {
  const found: SignedIn[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) found.push(await signIn(target, `${name}-${next++}`));
  };
  await Promise.all(Array.from({ length: SIGNING_IN }, worker));
  return found;
}

/** Requests of these sessions that a gate still lets through. */
async function accepted({ url }: SessionTarget, sessions: readonly SignedIn[]): Promise<number> {
  let through = 0;
  for (const { secret } of sessions) {
    const headers = {
      "x-original-method": "GET",
      "x-original-uri": "/notes/1",
      cookie: `__Host-postern=${secret}`,
    };
    if ((await send(`${url}/gate/nginx`, "GET", headers)).status === 200) through += 1;
  }
  return through;
}

/** From a revocation that is acknowledged until the last window has been told, beside a bare server's same bytes. */
export async function fanOutRows(counts: readonly number[]): Promise<readonly Row[]> {
  const ours = await startSessionTarget(["postern", "one"]);
  const { target } = ours;
  const operator = { authorization: `Bearer ${target.admin}` };
  const events = `${target.url}/v1/session/events`;
  let round = 0;
  const one = await signIn(target, "sample");
  const sample = await fanOut([reader(events, one.secret, isRevoked)], () =>
    send(`${target.url}/v1/sessions/${one.id}`, "DELETE", operator),
  );
  const raw: Started<SessionTarget> = await startSessionTarget(["raw"], sample.event);
  const rawFanOut = (count: number): Promise<FannedOut> =>
    fanOut(
      Array.from({ length: count }, () => reader(raw.target.url, "", (event) => event.startsWith("event:"))),
      () => send(raw.target.url, "POST", {}),
    );
  const beside = async (mine: FannedOut, sessions: readonly SignedIn[], count: number): Promise<Round> => {
    const through = await accepted(target, sessions.slice(0, 100));
    const theirs = await rawFanOut(count);
    return {
      ratio: mine.afterwards / theirs.afterwards,
      "acknowledged to last, ms": mine.afterwards,
      "raw, ms": theirs.afterwards,
      "asked to last, ms": mine.all,
      "raw, asked to last, ms": theirs.all,
      "ratio of these": mine.all / theirs.all,
      "let through afterwards": through,
    };
  };
  const met = (medians: Readonly<Record<string, number>>): boolean =>
    (medians.ratio ?? 99) <= TIMES && medians["let through afterwards"] === 0;
  const target_ = `${TIMES} times a raw fan-out at most, and none let through afterwards`;
  return [
    ...counts.map(
      (count): Row => ({
        name: `revocation of ${count.toLocaleString("en")} sessions from acknowledged to enforced at the last of as many windows`,
        target: target_,
        worst: ["let through afterwards"],
        async round() {
          const sessions = await persons(target, count, `person-${++round}`);
          const readers = sessions.map(({ secret }) => reader(events, secret, isRevoked));
          const mine = await fanOut(readers, () =>
            send(`${target.url}/v1/sessions/revoke`, "POST", operator, { all: true }),
          );
          return await beside(mine, sessions, count);
        },
        met,
      }),
    ),
    {
      name: `revocation of one session from acknowledged to enforced at the last of ${WINDOWS} windows`,
      target: target_,
      worst: ["let through afterwards"],
      async round() {
        const session = await signIn(target, `alone-${++round}`);
        const readers = Array.from({ length: WINDOWS }, () => reader(events, session.secret, isRevoked));
        const mine = await fanOut(readers, () =>
          send(`${target.url}/v1/sessions/${session.id}`, "DELETE", operator),
        );
        return await beside(mine, [session], WINDOWS);
      },
      met,
      async close() {
        await Promise.all([ours.stop(), raw.stop()]);
      },
    },
  ];
}
