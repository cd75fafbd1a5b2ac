import { canonicalPath, type Session } from "@postern/core";
import type { ClientSeen, OwnSession, Problem, Question, Service } from "@postern/service";
import { problem } from "@postern/service";
import { sameSitePath } from "../return-path.ts";

/** Who asks about their own session, and from where. */
export interface Presented {
  readonly session: Session | null;
  readonly network: string | null;
  readonly client: ClientSeen;
  readonly deviceProof: string | null;
}

/** The page for which it is asked: a path of this site in its only spelling. Null: something else. */
export function pageAsked(query: string): string | null {
  const asked = new URLSearchParams(query).get("for");
  if (asked === null) return "/";
  const path = sameSitePath(asked);
  if (path === null) return null;
  const [plain = "/"] = path.split(/[?#]/);
  const canonical = canonicalPath(plain);
  return canonical.ok ? canonical.value.path : null;
}

/** The question whose session it is, as a page at this path would ask it. */
export function questionFor(page: string, presented: Presented): Question {
  return {
    subject: null,
    action: { name: "get" },
    resource: { type: "route", id: page },
    session: presented.session,
    deviceProof: presented.deviceProof,
    network: presented.network,
    client: presented.client,
    askedBy: "session",
  };
}

export type Moved =
  | { readonly ok: true; readonly own: OwnSession }
  | { readonly ok: false; readonly status: number; readonly problem: Problem };

/**
 * A node in doubt honours no opt-out and may not have heard of activity elsewhere: it cannot tell a session that goes on
 * from one that inactivity has ended. Its windows are told nothing then, since for them an end is final.
 */
export function isUncertain(own: OwnSession, { node }: Pick<Service, "node">): boolean {
  return own.state === "ended" && own.endedBy === "inactivity" && node.doubt() !== null;
}

/** One's own session for its windows, where this node can say. */
export async function shown(question: Question, service: Pick<Service, "sessions" | "node">): Promise<Moved> {
  const own = await service.sessions.own(question);
  return isUncertain(own, service) ? inDoubt() : { ok: true, own };
}

function inDoubt(): Moved {
  const detail = "this node cannot say now whether the session has ended; ask again";
  return { ok: false, status: 503, problem: problem("node.doubt", detail) };
}

const KEY = /^[!-~]{1,255}$/;

/** By which the same extension is asked for again. Null: there is none. False: it is not one. */
export function extensionKey(header: string | string[] | undefined): string | null | false {
  if (header === undefined) return null;
  return typeof header === "string" && KEY.test(header) ? header : false;
}

/**
 * Its person is there, or asks for more time by name. The answer says what became of it. A repeated `key` is the same
 * extension.
 */
export async function move(
  by: "activity" | "extend",
  question: Question,
  key: string | null,
  service: Pick<Service, "sessions" | "node">,
): Promise<Moved> {
  const { sessions } = service;
  const { session } = question;
  if (session === null)
    return {
      ok: false,
      status: 401,
      problem: problem("caller.unauthenticated", "expected a live session, got none"),
    };
  const before = await shown(question, service);
  if (!before.ok) return before;
  if (by === "extend") {
    const extended = await sessions.extend(question, key);
    if (!extended.ok) {
      const { refusal } = extended;
      return { ok: false, status: refusal.code === "session.ended" ? 401 : 409, problem: refusal };
    }
    return { ok: true, own: extended.value };
  }
  // At this very place, and not only somewhere, it has to be live: what has ended here is not kept by activity.
  const active = before.own.state === "live" && (await sessions.active(session, question.network ?? null));
  const after = active ? await shown(question, service) : before;
  if (!after.ok) return after;
  // It may have ended meanwhile: nobody is told that it goes on.
  if (!active || after.own.state !== "live")
    return {
      ok: false,
      status: 401,
      problem: problem("session.ended", "the session has ended; sign in again"),
    };
  return after;
}
