import type { ServerResponse } from "node:http";
import type { Question, Service, World } from "@postern/service";
import { isUncertain } from "./own-session.ts";
import { rounds } from "./rounds.ts";

const HEARTBEAT_MS = 15_000;
const MOST_READERS = 20_000;
/** Windows of one session; the browser's own limit is lower. */
const MOST_OF_ONE = 64;
/** What a reader may leave unread. */
const MOST_UNREAD_BYTES = 65_536;
/** No timer is set for longer: a later look sets the next. */
const LONGEST_WAIT_MS = 60_000;
/** How soon a node that is in doubt looks again. */
const AGAIN_MS = 1_000;

/** The ends of sessions as they move, told to their own windows as server-sent events. */
export interface SessionWatch {
  /** False: too many readers already. The response is taken over where it is true. */
  open(question: Question, response: ServerResponse, take: () => void): boolean;
  /** Something was done in a session: its windows are told where that moved its end. */
  moved(session: string): void;
  /** Readers that are open. */
  readonly readers: number;
  close(): void;
}

/** Readers that are told the same: of one session, for one page, from one place. */
interface Group {
  readonly question: Question;
  readonly session: string;
  readonly readers: Set<ServerResponse>;
  /** What was told last, but for the clock. */
  told: string;
  stopWaiting: () => void;
  telling: Promise<void> | null;
  again: boolean;
}

export function createSessionWatch(
  { sessions, node }: Pick<Service, "sessions" | "node">,
  world: Pick<World, "after" | "monotonic">,
): SessionWatch {
  const groups = new Map<string, Group>();
  const ofSession = new Map<string, Set<Group>>();
  let readers = 0;
  /** What moved in this turn: each group is looked at once, however much of it moved. */
  const waiting = new Set<Group>();

  const tell = (group: Group): void => {
    if (waiting.size === 0) queueMicrotask(tellWaiting);
    waiting.add(group);
  };

  function tellWaiting(): void {
    const moved = [...waiting];
    waiting.clear();
    for (const group of moved) tellNow(group);
  }

  function tellNow(group: Group): void {
    if (group.telling !== null) {
      group.again = true;
      return;
    }
    group.again = false;
    group.telling = look(group)
      // A window that is told nothing more asks again by itself.
      .catch(() => end(group))
      .finally(() => {
        group.telling = null;
        if (group.again) tellNow(group);
      });
  }

  async function look(group: Group): Promise<void> {
    const session = sessions.byId(group.session);
    const own = await sessions.own({ ...group.question, session: session ?? group.question.session });
    // Whoever watched has gone meanwhile: nothing is waited for.
    if (group.readers.size === 0) return;
    if (isUncertain(own, { node })) {
      group.stopWaiting();
      group.stopWaiting = world.after(AGAIN_MS, () => tell(group));
      return;
    }
    const { now, ...rest } = own;
    const told = JSON.stringify(rest);
    if (told !== group.told) {
      group.told = told;
      write(group, `event: session\ndata: {"now":${JSON.stringify(now)},${told.slice(1)}\n\n`);
    }
    if (own.state !== "live") return end(group);
    group.stopWaiting();
    const wait = Math.min(LONGEST_WAIT_MS, Date.parse(own.endsAt) - Date.parse(now));
    group.stopWaiting = world.after(Math.max(0, wait), () => tell(group));
  }

  function write({ readers: all }: Group, text: string): void {
    for (const response of all) {
      if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
      else response.write(text);
    }
  }

  function end(group: Group): void {
    for (const response of [...group.readers]) response.end();
  }

  const leave = (key: string, group: Group, response: ServerResponse): void => {
    if (!group.readers.delete(response)) return;
    readers -= 1;
    if (group.readers.size > 0) return;
    group.stopWaiting();
    groups.delete(key);
    const siblings = ofSession.get(group.session);
    siblings?.delete(group);
    if (siblings?.size === 0) ofSession.delete(group.session);
  };

  const moved = (session: string): void => {
    for (const group of ofSession.get(session) ?? []) tell(group);
  };
  const stopRevoked = sessions.onRevoked(moved);
  const stopActive = sessions.onActive(moved);
  const everyone = rounds(() => groups.values(), world, tell);
  const stopChanges = node.onChange((alone) => {
    if (alone !== null) for (const session of alone) moved(session);
    // Policy, opt-outs, locks and risk move ends too.
    else everyone.begin();
  });
  let stopBeating = (): void => undefined;
  const beat = (): void => {
    for (const group of groups.values()) write(group, ": still here\n\n");
    stopBeating = world.after(HEARTBEAT_MS, beat);
  };
  stopBeating = world.after(HEARTBEAT_MS, beat);

  return {
    open(question, response, take) {
      const session = question.session?.id;
      if (session === undefined || readers >= MOST_READERS) return false;
      if (response.destroyed || response.writableEnded) return true;
      const key = JSON.stringify([
        session,
        question.resource.id,
        question.network,
        question.client,
        question.deviceProof,
      ]);
      let group = groups.get(key);
      const siblings = ofSession.get(session) ?? new Set<Group>();
      const open = [...siblings].reduce((sum, one) => sum + one.readers.size, 0);
      if (open >= MOST_OF_ONE) return false;
      if (group === undefined) {
        group = {
          question,
          session,
          readers: new Set(),
          told: "",
          stopWaiting: () => undefined,
          telling: null,
          again: false,
        };
        groups.set(key, group);
        ofSession.set(session, siblings.add(group));
      }
      take();
      response.writeHead(200, {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
        "x-content-type-options": "nosniff",
        connection: "keep-alive",
      });
      response.write(": this session\n\n");
      readers += 1;
      const there = group;
      there.readers.add(response);
      response.on("close", () => leave(key, there, response));
      // A reader that comes later is told what the others know.
      there.told = "";
      tell(there);
      return true;
    },
    moved,
    get readers() {
      return readers;
    },
    close() {
      stopRevoked();
      stopActive();
      stopChanges();
      stopBeating();
      everyone.stop();
      for (const group of groups.values()) {
        group.stopWaiting();
        end(group);
      }
    },
  };
}
