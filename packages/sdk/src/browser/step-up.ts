import { isMet, type StepUpChallenge } from "./challenge.ts";
import { openDialog, type StepUpMessages } from "./dialog.ts";
import { StepUpError } from "./step-up-error.ts";

const SESSION = "/.postern/session";
const STEP_UP = "/.postern/step-up";
const CHANNEL = "postern-step-up";
/** How often the gate is asked while the other window is open, in milliseconds. */
const EVERY = 2_000;

interface UnderWay {
  readonly done: Promise<void>;
  waiting: number;
  readonly cancel: () => void;
}

/** Calls that ask for the same share one dialog; the next waits until it is closed. */
const underWay = new Map<string, UnderWay>();
let last: Promise<unknown> = Promise.resolve();

/** Settles once the gate says that the session meets the challenge. Rejects with {@link StepUpError} where the person cancels. */
export async function stepUp(
  challenge: StepUpChallenge,
  messages: StepUpMessages,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const key = JSON.stringify(challenge);
  let shared = underWay.get(key);
  if (shared === undefined) {
    const withdrawn = new AbortController();
    const done = last.then(() => ask(challenge, messages, withdrawn.signal));
    shared = { done, waiting: 0, cancel: () => withdrawn.abort() };
    underWay.set(key, shared);
    last = done
      .catch(() => {})
      .finally(() => {
        if (underWay.get(key) === shared) underWay.delete(key);
      });
  }
  const mine = shared;
  mine.waiting += 1;
  await new Promise<void>((resolve, reject) => {
    const aborted = (): void => {
      mine.waiting -= 1;
      // Nobody waits for it any more.
      if (mine.waiting === 0) {
        if (underWay.get(key) === mine) underWay.delete(key);
        mine.cancel();
      }
      reject(signal.reason);
    };
    signal.addEventListener("abort", aborted, { once: true });
    mine.done.then(resolve, reject).finally(() => signal.removeEventListener("abort", aborted));
  });
}

async function ask(
  challenge: StepUpChallenge,
  messages: StepUpMessages,
  withdrawn: AbortSignal,
): Promise<void> {
  // Another tab may have taken the step meanwhile.
  if ((await meets(challenge)) === true) return;
  const call = crypto.randomUUID();
  const asked = new URLSearchParams({ call });
  const [acr] = challenge.acrValues;
  if (acr !== undefined) asked.set("acr", acr);
  if (challenge.maxAge !== null) asked.set("max_age", String(challenge.maxAge));
  await new Promise<void>((resolve, reject) => {
    const channel = new BroadcastChannel(CHANNEL);
    let timer: ReturnType<typeof setInterval> | null = null;
    let over = false;
    const dialog = openDialog(`${STEP_UP}?${asked}`, messages, {
      leave() {
        dialog.say(messages.waiting);
        timer ??= setInterval(() => void check(), EVERY);
      },
      cancel: () => end(messages.cancelled, new StepUpError("cancelled", "the step was cancelled")),
    });
    const end = (said: string, error: StepUpError | null): void => {
      if (over) return;
      over = true;
      if (timer !== null) clearInterval(timer);
      channel.close();
      window.removeEventListener("focus", look);
      dialog.close(said);
      if (error === null) resolve();
      else reject(error);
    };
    /** Whatever a window said, the gate is asked. */
    const check = async (): Promise<boolean> => {
      const met = await meets(challenge);
      if (over) return true;
      if (met === null) dialog.say(messages.unreachable, true);
      if (met === true) end(messages.done, null);
      return met === true;
    };
    const look = (): void => {
      if (timer !== null) void check();
    };
    // Only pages of this very origin can speak here, and all that they can do is to have the gate asked.
    channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (typeof data !== "object" || data === null || Reflect.get(data, "call") !== call) return;
      check().then((met) => {
        if (!met && !over) dialog.say(messages.notFinished, true);
      });
    });
    window.addEventListener("focus", look);
    withdrawn.addEventListener("abort", () =>
      end(messages.cancelled, new StepUpError("cancelled", "nobody waits for the step any more")),
    );
  });
}

/** Null: the gate could not be asked. */
async function meets(challenge: StepUpChallenge): Promise<boolean | null> {
  try {
    const response = await fetch(SESSION, { cache: "no-store", credentials: "same-origin" });
    return response.ok ? isMet(challenge, await response.json()) : null;
  } catch {
    return null;
  }
}
