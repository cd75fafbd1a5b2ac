import { setTimeout as sleep } from "node:timers/promises";
import { between, type Dice } from "../crash/seeded.ts";
import type { Ground } from "./ground.ts";
import { BRIEF_INACTIVITY_MS, EXTENSIONS } from "./races-policy.ts";
import { bearer, cookie } from "./registered-session.ts";
import type { RoundReport } from "./round.ts";

/**
 * By how much a session may rest longer: its beginning is stamped with the latest instant that it can be, which is ahead
 * by as long as the database took to confirm the time.
 */
const CONFIRMATION_MS = 250;
/** How long it is tried on after the end. */
const AFTERWARDS_MS = 250;

/** What the world outside knows of one session. Times are the judge's own, in milliseconds. */
interface Known {
  readonly capAt: number;
  /** The newest instant at which somebody may have been there; while somebody is on their way, it is now. */
  activeAt: number;
  onTheirWay: number;
  /** When the first answer came by which it was over. */
  overAt: number | null;
  extended: number;
  underWay: number;
  after: number;
  readonly failures: Set<string>;
}

/**
 * Many windows of one session extend it at once, at its very end: of the overall timeout, or of a rest of nobody being
 * there. Nothing is let in after the end, no answer names an end beyond the cap, and what was over once stays over.
 */
export async function endRound(ground: Ground, person: string, dice: Dice): Promise<RoundReport> {
  const { ask, control, gateway } = ground;
  const byRest = between(dice, 0, 1) === 1;
  const page = byRest ? "/brief/1" : "/notes/1";
  const capAt = Date.now() + (byRest ? 2 * BRIEF_INACTIVITY_MS : between(dice, 500, 1_000));
  const registered = await ask(`${control}/v1/sessions`, {
    headers: bearer(ground.application),
    json: {
      subject: { type: "user", id: person },
      acr: "aal1",
      authTime: new Date().toISOString(),
      expiresAt: new Date(capAt).toISOString(),
    },
  });
  if (registered.status !== 201) throw new Error(`expected a session, got ${registered.status}`);
  const { secret } = JSON.parse(registered.text) as { readonly secret: string };
  const known: Known = {
    capAt,
    activeAt: Date.now(),
    onTheirWay: 0,
    overAt: null,
    extended: 0,
    underWay: 0,
    after: 0,
    failures: new Set(),
  };

  const judged = async (by: string, moves: boolean, send: () => Promise<Seen>): Promise<void> => {
    const began = Date.now();
    const rest = known.onTheirWay > 0 ? 0 : began - known.activeAt;
    const wasOver = known.overAt;
    if (moves) known.onTheirWay += 1;
    const seen: Seen = await send().catch(() => ({ accepted: false, over: false, endsAt: null }));
    const ended = Date.now();
    if (began < capAt && ended >= capAt) known.underWay += 1;
    if (moves) {
      known.onTheirWay -= 1;
      if (seen.accepted) known.activeAt = Math.max(known.activeAt, ended);
    }
    if (began >= capAt || wasOver !== null) known.after += 1;
    if (seen.endsAt !== null && seen.endsAt > capAt)
      known.failures.add(`${by}: an end ${seen.endsAt - capAt} ms beyond the cap`);
    if (seen.accepted && began >= capAt)
      known.failures.add(`${by}: ${began - capAt} ms after the overall end`);
    if (seen.accepted && byRest && rest > BRIEF_INACTIVITY_MS + CONFIRMATION_MS)
      known.failures.add(`${by}: after a rest of ${rest} ms`);
    if (seen.accepted && wasOver !== null)
      known.failures.add(`${by}: it had been over ${began - wasOver} ms before`);
    if (seen.over) known.overAt = Math.min(known.overAt ?? ended, ended);
  };
  const moved = (by: "extend" | "activity", at: "API" | "gateway") => () =>
    judged(`${by} at the ${at}`, true, async () => {
      const there = at === "API" ? `${control}/v1/session/${by}` : `${gateway}/.postern/session/${by}`;
      const { status, text } = await ask(`${there}?for=${page}`, {
        method: "POST",
        headers:
          at === "API"
            ? bearer(secret)
            : { ...cookie(secret), "sec-fetch-site": "same-origin", origin: gateway },
      });
      if (status === 200 && by === "extend") known.extended += 1;
      return { accepted: status === 200, over: status === 401, endsAt: status === 200 ? endOf(text) : null };
    });
  const opened = () =>
    judged("gateway", false, async () => {
      const { status } = await ask(`${gateway}${page}`, { headers: cookie(secret) });
      return { accepted: status === 200, over: status === 401, endsAt: null };
    });
  const shown = () =>
    judged("API", false, async () => {
      const { status, text } = await ask(`${control}/v1/session?for=${page}`, { headers: bearer(secret) });
      const { state } = status === 200 ? (JSON.parse(text) as { readonly state: string }) : { state: "none" };
      const live = state === "live";
      return { accepted: live, over: !live, endsAt: live ? endOf(text) : null };
    });

  const windows = [
    moved("extend", "API"),
    moved("extend", "gateway"),
    moved("extend", "gateway"),
    moved("extend", "API"),
    moved("activity", "gateway"),
    opened,
    shown,
  ];
  /** Nobody is there until about the end of the rest; then everybody is at once. */
  const quietUntil = byRest ? Date.now() + BRIEF_INACTIVITY_MS + between(dice, -60, 40) : 0;
  await Promise.all(
    windows.map(async (window, at) => {
      const [slow, first] = [between(dice, 15, 90), between(dice, 0, 40)];
      await sleep(Math.max(0, quietUntil - Date.now()) + (at < 4 && byRest ? 0 : first));
      const until = byRest ? quietUntil + BRIEF_INACTIVITY_MS / 2 : capAt + AFTERWARDS_MS;
      do {
        await window();
        await sleep(slow);
      } while (Date.now() < until);
    }),
  );
  if (known.extended > EXTENSIONS) known.failures.add(`extended ${known.extended} times of ${EXTENSIONS}`);
  return { underWay: known.underWay, after: known.after, failures: [...known.failures] };
}

interface Seen {
  readonly accepted: boolean;
  /** It says that the session is over, and not that it was extended often enough. */
  readonly over: boolean;
  readonly endsAt: number | null;
}

function endOf(text: string): number | null {
  const { endsAt } = JSON.parse(text) as { readonly endsAt?: string };
  return endsAt === undefined ? null : Date.parse(endsAt);
}
