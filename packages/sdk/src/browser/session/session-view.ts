import { DIALOG_STYLE } from "../dialog-style.ts";
import { element, styled, TELLS } from "../element.ts";
import { filled, inUnits } from "./countdown.ts";
import { pageTitle } from "./page-title.ts";
import { createBanner } from "./session-banner.ts";
import type { SessionClient, SessionSnapshot } from "./session-client.ts";
import { createCover } from "./session-cover.ts";
import type { SessionMessages } from "./session-messages.ts";
import { SESSION_STYLE } from "./session-style.ts";
import { createWarning } from "./warning-dialog.ts";

export interface SessionPlaces {
  /** Where people sign in. Null: the page itself leads there. */
  readonly signIn: string | null;
  /** The application's own page for people who were signed out. Null: the page is covered. */
  readonly signedOut: string | null;
}

/** How long it waits before the service is called again, in milliseconds. */
const AGAIN = 5_000;
const STEP_UP = "/.postern/step-up";

/** Shows what the session client says, in the root given. Returns what takes it away. */
export function showSession(
  root: ShadowRoot,
  session: SessionClient,
  messages: SessionMessages,
  places: () => SessionPlaces,
): () => void {
  styled(root, DIALOG_STYLE, SESSION_STYLE);
  const { lang } = messages;
  const gone = new AbortController();
  const title = pageTitle();
  /** Speaks while no dialog is open. There before it says anything, so that screen readers follow it. */
  const after = element("p", { class: "away", lang, ...TELLS });
  root.append(after);
  const cover = createCover(root, messages);
  /** The end that the person has read of: it is not shown again. */
  let bannerClosedFor: number | null = null;
  const banner = createBanner(root, messages, () => {
    bannerClosedFor = session.snapshot.session?.endsAt ?? null;
  });
  /** The end that the person wants to work up to, in milliseconds of the server's clock. */
  let letGoFor: number | null = null;
  /** What is tried until there is an answer; calling it tries again at once. */
  let trying: { again: () => void } | null = null;
  let hasLeft = false;

  const isSeen = (): boolean => document.visibilityState === "visible";
  const left = (): number => (session.snapshot.session?.endsAt ?? 0) - session.now();
  const clock = (at: number): string =>
    new Intl.DateTimeFormat(lang, { hour: "numeric", minute: "2-digit" }).format(at);
  const signInAt = (): string => {
    const back = location.pathname + location.search;
    return filled(places().signIn ?? back + location.hash, { return: encodeURIComponent(back) });
  };
  const keep = (): Promise<unknown> => Promise.all([...session.drafts].map((draft) => draft.save()));
  const keptUntil = (): number | null => {
    const ends = [...session.drafts].flatMap(({ lasts, keptUntil: until }) =>
      lasts && until !== null ? [until] : [],
    );
    return ends.length === 0 ? null : Math.min(...ends);
  };
  const tell = (text: string): void => {
    after.textContent = text;
  };

  const warning = createWarning(root, messages, {
    stay() {
      const { session: own } = session.snapshot;
      if (own?.canExtend === true && !isCapped) {
        attempt(messages.staying, stay());
        return;
      }
      // Nothing can be extended: the person goes on until the end, and has read when it is.
      letGoFor = own?.endsAt ?? null;
      bannerClosedFor = null;
      announced = 0;
      render(session.snapshot);
    },
    leave: () => attempt(messages.leaving, () => session.end()),
    againAt() {
      if (places().signIn !== null) return signInAt();
      const acr = session.snapshot.session?.acr ?? "";
      const asked = new URLSearchParams({ call: crypto.randomUUID(), max_age: "0" });
      if (/^aal[1-3]$/.test(acr)) asked.set("acr", acr);
      return `${STEP_UP}?${asked}`;
    },
    again(event) {
      const kept = keep();
      const { currentTarget: link } = event;
      if (!(link instanceof HTMLAnchorElement)) return;
      if (places().signIn !== null) {
        event.preventDefault();
        void kept.finally(() => location.assign(link.href));
        return;
      }
      warning.say(messages.waiting);
      // A small window where the browser opens one; else the link's own new tab.
      if (window.open(link.href, "postern-step-up", "popup,width=520,height=760") !== null)
        event.preventDefault();
    },
  });
  let isCapped = false;

  function bannerText(): string {
    return filled(messages.banner, { at: clock(session.snapshot.session?.endsAt ?? 0) });
  }

  /** One key for all attempts: what the server did without our hearing of it is not done twice. */
  function stay(): () => Promise<boolean> {
    const key = crypto.randomUUID();
    return async () => {
      const outcome = await session.extend(key);
      if (outcome === "spent") {
        isCapped = true;
        warning.busy(null);
        warning.urgent(messages.capped);
        warning.cap();
      }
      return outcome !== "unreachable";
    };
  }

  /** Until there is an answer, or the dialog is gone. The time goes on meanwhile. */
  function attempt(saying: string, act: () => Promise<boolean>): void {
    trying?.again();
    if (trying !== null) return;
    const mine = { again: () => {} };
    trying = mine;
    void (async () => {
      warning.busy(saying);
      while (!(await act()) && warning.isOpen) {
        warning.busy(null);
        warning.urgent(messages.unreachable);
        await new Promise<void>((resolve) => {
          mine.again = resolve;
          setTimeout(resolve, AGAIN);
          addEventListener("online", () => resolve(), { once: true, signal: gone.signal });
        });
        if (!warning.isOpen) break;
      }
      trying = null;
      if (warning.isOpen && !isCapped) warning.busy(null);
    })();
  }

  function render(snapshot: SessionSnapshot): void {
    const own = snapshot.session;
    const isOver = snapshot.state === "ended" && snapshot.wasLive;
    if (isOver || snapshot.overdue) {
      conceal(snapshot, isOver);
      return;
    }
    cover.hide();
    const warns = snapshot.state === "warning" && own !== null && letGoFor !== own.endsAt;
    if (warns && isSeen()) {
      if (!warning.isOpen) {
        isCapped = !own.canExtend;
        const drafts = [...session.drafts];
        void keep();
        warning.open(left(), {
          capped: isCapped,
          saved: drafts.length > 0 && drafts.every(({ lasts }) => lasts),
        });
      } else warning.draw(left());
    } else if (!warns && warning.isOpen) {
      warning.close();
      if (snapshot.state === "live") tell(messages.stayed);
    }
    const quiet = own !== null && (snapshot.banner || letGoFor === own.endsAt) && !warning.isOpen;
    if (!quiet || bannerClosedFor === own.endsAt) banner.hide();
    else if (isSeen()) showBanner();
    entitle();
  }

  let announced = 0;
  function showBanner(): void {
    const { endsAt = 0 } = session.snapshot.session ?? {};
    banner.show(bannerText());
    if (announced !== endsAt) tell(bannerText());
    announced = endsAt;
  }

  function entitle(): void {
    const waits = session.snapshot.state === "warning" && !isSeen();
    const time = inUnits(Math.max(1, Math.ceil(left() / 60_000)), "minute", lang, "short");
    title.show(waits ? (own) => filled(messages.titleLeft, { time, title: own }) : null);
  }

  function conceal(snapshot: SessionSnapshot, isOver: boolean): void {
    warning.close();
    banner.hide();
    if (!isOver) {
      cover.show(messages.askingHeading, [messages.askingText], null);
      if (isSeen()) cover.focus();
      return;
    }
    const until = snapshot.endedBy === "person" ? null : keptUntil();
    const { signedOut } = places();
    if (signedOut !== null && isSeen() && !hasLeft) {
      hasLeft = true;
      const back = encodeURIComponent(location.pathname + location.search);
      const kept = until === null ? "" : encodeURIComponent(new Date(until).toISOString());
      location.replace(filled(signedOut, { return: back, by: snapshot.endedBy ?? "", kept }));
    }
    const at = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" });
    cover.show(
      messages.endedHeading,
      [why(snapshot.endedBy), until === null ? "" : filled(messages.kept, { at: at.format(until) })],
      signInAt(),
    );
    title.show((own) => filled(messages.titleEnded, { title: own }));
    if (isSeen()) cover.focus();
  }

  function why(endedBy: string | null): string {
    if (endedBy === "inactivity") return messages.endedByInactivity;
    if (endedBy === "overall") return messages.endedByOverall;
    return endedBy === "person" ? messages.endedByPerson : messages.endedByOther;
  }

  document.addEventListener(
    "visibilitychange",
    () => {
      const { state, wasLive } = session.snapshot;
      if (state === "warning") entitle();
      if (state === "ended" && wasLive && isSeen()) cover.focus();
    },
    { signal: gone.signal },
  );
  const unsubscribe = session.subscribe(render);
  return () => {
    gone.abort();
    unsubscribe();
    warning.close();
    banner.hide();
    cover.hide();
    title.show(null);
    root.replaceChildren();
  };
}
