import { createHash } from "node:crypto";
import type { Session, SessionId } from "@postern/core";
import type { Service, World } from "@postern/service";

/** The people's own cookie: another secret than the gateway's, good for these pages only. */
export const PEOPLE_COOKIE = "__Host-postern-me";
/** What a browser proves itself with while a link is on its way. */
export const BROWSER_COOKIE = "__Host-postern-browser";

const SECRET = /^[A-Za-z0-9_-]{43}$/;
const MOST_OPEN = 100_000;
/** Forms that one person may have open at once; the oldest go first. */
const MOST_FORMS = 200;
/** How long a form may stay open, in milliseconds. */
const FORM_GOOD_FOR = 3_600_000;

/** A person at these pages: their session as it is now, and the forms they were shown. */
export interface Visit {
  readonly session: Session;
  /** Makes a value that one form may be sent with, once. */
  issue(action: string): string;
  /** Whether a form's value was made here, for this person and this action, and not used yet. Uses it up. */
  spend(nonce: string, action: string): boolean;
}

export interface PeopleSessions {
  /** Begins a visit; the answer is the cookie's secret. */
  open(session: SessionId): string;
  /** The same in place of every other visit of the session: what opened them is worth nothing any more. */
  reopen(session: SessionId): string;
  /** Ends a visit: its cookie is worth nothing any more. */
  close(secret: string | null): void;
  /**
   * The visit behind a secret, while its session lives and says what it said when the visit began.
   *
   * DANGER: a cookie that was copied before a rise of level must not rise with its session.
   */
  find(secret: string | null): Visit | null;
}

interface Kept {
  readonly session: SessionId;
  /** What its session said of itself then. */
  readonly said: string;
  readonly forms: Map<string, { readonly action: string; readonly until: number }>;
}

export function isSecret(text: string | null): text is string {
  return text !== null && SECRET.test(text);
}

/** In memory: after a restart a new link is one redirect away. Ends when the session does. */
export function createPeopleSessions(
  { sessions }: Pick<Service, "sessions">,
  world: Pick<World, "monotonic" | "random">,
): PeopleSessions {
  const kept = new Map<string, Kept>();
  const live = (id: SessionId): Session | null => {
    const session = sessions.byId(id);
    return session !== null && sessions.stateOf(session) === "live" ? session : null;
  };
  const said = (session: Session | null): string =>
    session === null ? "" : JSON.stringify([session.acr, session.authTime, session.methods ?? null]);
  const random = (): string => Buffer.from(world.random(32)).toString("base64url");
  const open = (session: SessionId): string => {
    if (kept.size >= MOST_OPEN) {
      for (const [key, one] of kept) if (live(one.session) === null) kept.delete(key);
      const oldest = kept.keys().next();
      if (kept.size >= MOST_OPEN && oldest.done !== true) kept.delete(oldest.value);
    }
    const secret = random();
    kept.set(digest(secret), { session, said: said(live(session)), forms: new Map() });
    return secret;
  };
  return {
    open,
    reopen(session) {
      for (const [key, one] of kept) if (one.session === session) kept.delete(key);
      return open(session);
    },
    close(secret) {
      if (isSecret(secret)) kept.delete(digest(secret));
    },
    find(secret) {
      if (!isSecret(secret)) return null;
      const key = digest(secret);
      const found = kept.get(key);
      if (found === undefined) return null;
      const session = live(found.session);
      if (session === null || said(session) !== found.said) {
        kept.delete(key);
        return null;
      }
      return visitOf(session, found.forms, world, random);
    },
  };
}

function visitOf(
  session: Session,
  forms: Kept["forms"],
  world: Pick<World, "monotonic">,
  random: () => string,
): Visit {
  return {
    session,
    issue(action) {
      const oldest = forms.keys().next();
      if (forms.size >= MOST_FORMS && oldest.done !== true) forms.delete(oldest.value);
      const nonce = random();
      forms.set(digest(nonce), { action, until: world.monotonic() + FORM_GOOD_FOR });
      return nonce;
    },
    spend(nonce, action) {
      const key = digest(nonce);
      const form = forms.get(key);
      forms.delete(key);
      return form !== undefined && form.action === action && world.monotonic() < form.until;
    },
  };
}

/** Secrets are looked up by hash, so that the time it takes tells nothing of how near a guess was. */
function digest(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}
