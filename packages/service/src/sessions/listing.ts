import { type Instant, type Policy, parseInstant, type Result, refuse } from "@postern/core";
import { type Caller, personOf } from "../caller.ts";
import type { Directory } from "../entities/directory.ts";
import { cursorText, order, type Place, readCursor } from "../page.ts";
import type { World } from "../ports/world.ts";
import { type Problem, problem } from "../problem.ts";
import type { State, StoredSession } from "../projection/state.ts";
import { slices } from "../search/slices.ts";
import type { Page, SessionQuery } from "../service.ts";
import type { SessionView } from "../views.ts";
import type { SessionViews } from "./session-view.ts";

export interface ListingParts {
  readonly world: Pick<World, "monotonic" | "after">;
  readonly state: State;
  readonly directory: Directory;
  readonly policy: () => Policy;
  readonly views: SessionViews;
  readonly mine: (caller: Caller, session: StoredSession) => boolean;
}

/**
 * One page of sessions, newest first. Of a million it looks at each once, in slices between the answers, and keeps no
 * more than the page.
 */
export async function listSessions(
  caller: Caller,
  query: SessionQuery,
  parts: ListingParts,
): Promise<Result<Page<SessionView>, Problem>> {
  const since = query.since === undefined ? null : parseInstant(query.since);
  if (since !== null && !since.ok)
    return refuse(
      problem("request.malformed", since.refusal, [
        { pointer: "#/querystring/since", detail: since.refusal },
      ]),
    );
  const found = candidates(caller, query, parts);
  const { state: standing, cause, client } = query;
  const { state, views } = parts;
  const fits = (session: StoredSession): boolean => {
    if (since !== null && session.startedAt < since.value) return false;
    if (client !== undefined && session.registeredBy !== client) return false;
    if (!found.fits(session) || !parts.mine(caller, session)) return false;
    if (standing === undefined && cause === undefined) return true;
    const shown = state.countingSession(session.id) ?? session;
    return (
      (standing === undefined || isIn(standing, views.stateOf(shown))) &&
      (cause === undefined || views.endedBy(shown) === cause)
    );
  };
  const page = await newest(found.sessions, query, fits, parts.world);
  return { ok: true, value: { items: page.items.map(views.of), next: page.next } };
}

/** `over`: whatever it was that ended it. */
function isIn(wanted: NonNullable<SessionQuery["state"]>, state: SessionView["state"]): boolean {
  return wanted === "over" ? state !== "live" : wanted === state;
}

interface Candidates {
  readonly sessions: Iterable<StoredSession>;
  fits(session: StoredSession): boolean;
}

const ALL = (): boolean => true;
const NOBODY: Candidates = { sessions: [], fits: () => false };

/** The smallest index that holds everything that is asked for, and what is left to be looked at in it. */
function candidates(caller: Caller, query: SessionQuery, parts: ListingParts): Candidates {
  const { state, directory } = parts;
  const own = caller.kind === "session" ? personOf(caller) : null;
  const subject = query.subject === undefined ? undefined : directory.find(query.subject)?.ref;
  const device = query.device === undefined ? undefined : directory.find(query.device)?.ref;
  if (query.subject !== undefined && subject === undefined) return NOBODY;
  if (query.device !== undefined && device === undefined) return NOBODY;
  const named = query.q === undefined ? null : searched(query.q, parts);
  const fits = (session: StoredSession): boolean =>
    (subject === undefined || session.subject === subject) &&
    (device === undefined || session.device === device) &&
    (named === null || named(session));
  const about = own ?? subject;
  if (about !== undefined) return { sessions: state.eachSessionOf(about), fits };
  if (device !== undefined) return { sessions: state.sessionsOn(device), fits };
  return { sessions: state.sessions(), fits: named === null ? ALL : fits };
}

/**
 * By the beginning of a session's id or of who registered it, or by the whole name of a person or device, with or
 * without its type: names are sealed, and none is opened to be compared.
 */
function searched(text: string, { directory, state }: ListingParts): (session: StoredSession) => boolean {
  const wanted = text.trim();
  const colon = wanted.indexOf(":");
  const types = new Set([...(colon > 0 ? [wanted.slice(0, colon)] : []), "user", "device"]);
  const refs = new Set<string>();
  for (const type of types)
    for (const id of new Set([wanted, wanted.slice(colon + 1)])) {
      const ref = id === "" ? undefined : directory.find({ type, id })?.ref;
      if (ref !== undefined && state.entity(ref) !== undefined) refs.add(ref);
    }
  return ({ id, subject, device, registeredBy }) =>
    refs.has(subject) ||
    (device !== null && refs.has(device)) ||
    (wanted.length >= 4 && (id.startsWith(wanted) || registeredBy.startsWith(wanted)));
}

interface Found {
  readonly items: readonly StoredSession[];
  readonly next: string | null;
}

async function newest(
  sessions: Iterable<StoredSession>,
  { limit, cursor }: SessionQuery,
  fits: (session: StoredSession) => boolean,
  world: ListingParts["world"],
): Promise<Found> {
  const before = readCursor(cursor);
  const best: StoredSession[] = [];
  const work = slices(world);
  for (const session of sessions) {
    const pause = work.next();
    if (pause !== null) await pause;
    const place = placeOf(session);
    if (before !== undefined && order(before, place) >= 0) continue;
    const last = best[limit];
    if (last !== undefined && order(placeOf(last), place) <= 0) continue;
    if (!fits(session)) continue;
    best.splice(placeIn(best, place), 0, session);
    if (best.length > limit + 1) best.pop();
  }
  const items = best.slice(0, limit);
  const last = items.at(-1);
  return { items, next: best.length > limit && last !== undefined ? cursorText(placeOf(last)) : null };
}

function placeOf({ startedAt, id }: { readonly startedAt: Instant; readonly id: string }): Place {
  return { at: startedAt, id };
}

/** Where it belongs in a list that is in order. */
function placeIn(list: readonly StoredSession[], place: Place): number {
  let from = 0;
  let to = list.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const there = list[middle];
    if (there !== undefined && order(placeOf(there), place) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}
