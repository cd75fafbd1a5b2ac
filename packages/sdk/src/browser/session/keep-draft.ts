import type { Draft } from "./draft.ts";
import { type DraftBox, openBox } from "./draft-store.ts";
import { formFields } from "./form-fields.ts";
import type { SessionClient, SessionSnapshot } from "./session-client.ts";

/** Something typed that is not in a form. */
export interface DraftSource {
  /** Its name, unique in the application. */
  readonly key: string;
  /** What is there now, as a JSON value; null where there is nothing to keep. */
  read(): unknown;
  write(value: unknown): void;
}

/** At least 20 hours: whoever was signed out in the evening finds it in the morning. Milliseconds. */
const KEPT = 24 * 3_600_000;
/** After the last key. */
const PAUSE = 1_000;
const LARGEST = 1_000_000;

/**
 * Keeps what is typed into a form for 24 hours after the last change, and puts it back once the same person is signed in
 * again in the same browser. Call it when the form is as the server made it. Fields that the person has filled in again
 * meanwhile are not touched.
 *
 * It is sealed with AES-GCM. The key is derived from a key of this browser that no script can take out, and from
 * `draftKey`, which the server gives in the session's document to every session of one person and to nobody else. So
 * another person who signs in on this browser gets neither the draft nor a trace of whose it is. Where the server gives
 * no `draftKey`, the session's id stands in for it, and a draft outlives a reload, but not the session.
 *
 * Never kept: passwords, files, hidden fields, one-time codes, card data (by their autofill tokens), and what is in or
 * below `data-postern-draft="never"`. Removed when the form is sent or reset, when the person signs out, and by
 * {@link Draft.forget}, which is for forms that a script sends: a prevented `submit` removes nothing. Where the browser
 * has no store or no secure context, nothing is kept.
 */
export function keepDraft(
  what: HTMLFormElement | DraftSource,
  { session, key }: { readonly session: SessionClient; readonly key?: string },
): Draft {
  const [form, source]: [HTMLFormElement | null, DraftSource] =
    what instanceof HTMLFormElement ? [what, { key: nameOf(what), ...formFields(what) }] : [null, what];
  const name = key ?? source.key;
  const stopped = new AbortController();
  const { signal } = stopped;
  const text = (value: unknown): string => JSON.stringify(value ?? null);
  let owner: string | null = null;
  let box: Promise<DraftBox | null> | null = null;
  let opened: DraftBox | null = null;
  let lasts = false;
  let keptUntil: number | null = null;
  let saved = text(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** One thing at a time: a removal is never overtaken by a write that began before it. */
  let last: Promise<unknown> = Promise.resolve();
  let settled: (restored: boolean) => void = () => {};
  const restored = new Promise<boolean>((resolve) => {
    settled = resolve;
  });
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const done = last.then(act);
    last = done.catch(() => {});
    return done;
  };

  async function save(): Promise<boolean> {
    clearTimeout(timer);
    if (signal.aborted || opened === null) return false;
    const into = opened;
    return await inTurn(async () => {
      if (signal.aborted) return false;
      const value = source.read() ?? null;
      const now = text(value);
      if (now === saved) return true;
      if (value === null || now.length > LARGEST) {
        await into.remove(name);
        [saved, keptUntil] = [now, null];
        return value === null;
      }
      const until = session.now() + KEPT;
      await into.put(name, value, until);
      [saved, keptUntil] = [now, until];
      return true;
    }).catch(() => {
      lasts = false;
      return false;
    });
  }

  async function remove(all: boolean): Promise<void> {
    clearTimeout(timer);
    const from = opened ?? (await box);
    await inTurn(async () => {
      await (all ? from?.clear() : from?.remove(name));
      [saved, keptUntil] = [text(source.read()), null];
    }).catch(() => {});
  }

  async function begin(by: string, isPersons: boolean): Promise<void> {
    box = openBox(by).catch(() => null);
    const found = await box;
    if (found === null) return settled(false);
    const kept = await found.take(name, session.now()).catch(() => null);
    if (signal.aborted) return settled(false);
    if (kept !== null && (form !== null || source.read() === null)) {
      source.write(kept.value);
      [saved, keptUntil] = [text(source.read()), kept.until];
    }
    opened = found;
    lasts = isPersons;
    settled(kept !== null && keptUntil !== null);
    await save();
  }

  function follow({ state, session: own, wasLive, endedBy }: SessionSnapshot): void {
    if (state === "ended" && wasLive) {
      void (endedBy === "person" ? remove(true) : save()).finally(stop);
      return;
    }
    if ((state !== "live" && state !== "warning") || own === null || owner !== null) return;
    owner = own.draftKey ?? `session ${own.id}`;
    void begin(owner, own.draftKey !== null);
  }

  function stop(): void {
    clearTimeout(timer);
    stopped.abort();
    unsubscribe();
    settled(false);
  }

  const changed = ({ target }: Event): void => {
    if (
      form !== null &&
      !(target instanceof Node && (form.contains(target) || Reflect.get(target, "form") === form))
    ) {
      return;
    }
    clearTimeout(timer);
    timer = setTimeout(() => void save(), PAUSE);
  };
  for (const kind of ["input", "change"]) document.addEventListener(kind, changed, { signal });
  document.addEventListener(
    "visibilitychange",
    () => {
      if (document.visibilityState === "hidden") void save();
    },
    { signal },
  );
  // After everybody else has heard of it: a form that was checked and not sent keeps its draft.
  addEventListener(
    "submit",
    (event) => {
      if (event.target === form && !event.defaultPrevented) void remove(false);
    },
    { signal },
  );
  form?.addEventListener("reset", () => void remove(false), { signal });
  const unsubscribe = session.subscribe(follow);
  const draft: Draft = {
    restored,
    get lasts() {
      return lasts;
    },
    get keptUntil() {
      return keptUntil;
    },
    save,
    forget: () => remove(false),
    stop() {
      session.drafts.delete(draft);
      stop();
    },
  };
  session.drafts.add(draft);
  follow(session.snapshot);
  return draft;
}

function nameOf(form: HTMLFormElement): string {
  const own = form.id || form.getAttribute("name") || String([...document.forms].indexOf(form));
  return `${location.pathname}${location.search}#${own}`;
}
