import { hash, randomUUID, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  issuerOf,
  KeysSeenLately,
  readTransmitters,
  type SetVerifier,
  type StreamClient,
  setVerifier,
  streamClient,
  type TransmitterSettings,
} from "@postern/identity";
import type { Service, World } from "@postern/service";
import { ConfigError } from "../config/load.ts";
import type { Config } from "../config/settings.ts";
import { parseJson } from "../json/parse.ts";
import type { Log } from "../log.ts";

/** RFC 8935 section 2.4, and what is ours to mend (503). */
export type ReceiveAnswer =
  | { readonly status: 202 }
  | { readonly status: 400; readonly err: string; readonly description: string }
  | { readonly status: 503 };

/** In a time that tells nothing of where they differ. */
function isSame(given: string | undefined, wanted: string): boolean {
  const hashed = (text: string): Uint8Array => hash("sha256", text, "buffer");
  return given !== undefined && timingSafeEqual(hashed(given), hashed(wanted));
}

/** How a transmitter stands. */
export interface TransmitterStatus {
  readonly id: string;
  readonly issuer: string;
  readonly delivery: "push" | "poll";
  readonly stream: string | null;
  /** `verified` once an event that we asked for has come over the stream. */
  readonly state: "unmanaged" | "connecting" | "connected" | "verified";
  /** What its transmitter said of the stream last; null: nothing. */
  readonly said: string | null;
  /** Why it does not work now; null: it does. */
  readonly trouble: string | null;
}

export interface Receiver {
  /** One token that was pushed, with the authorization that came with it. */
  receive(token: string, authorization: string | undefined): Promise<ReceiveAnswer>;
  status(): readonly TransmitterStatus[];
  /** Makes the streams, and polls where that was agreed. */
  start(): void;
  stop(): Promise<void>;
}

/** Seven days: what a transmitter kept while it was away is still taken. */
const OLDEST_MS = 7 * 86_400_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const MOST_POLLED = 50;
/** How often a transmitter that pushes is asked whether it still does, and how soon it must come. */
const VERIFY_EVERY_MS = 900_000;
const VERIFIED_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 5_000;

interface Known {
  readonly settings: TransmitterSettings;
  readonly client: StreamClient;
  readonly verify: SetVerifier;
  stream: string | null;
  pollAt: string | null;
  state: TransmitterStatus["state"];
  said: string | null;
  trouble: string | null;
  /** The state of the verification that was asked for. */
  asked: string | null;
}

/** @throws ConfigError where the file cannot be read or says something else. */
export function transmittersOf({
  signalTransmitters: file,
}: Pick<Config, "signalTransmitters">): readonly TransmitterSettings[] {
  if (file === null) return [];
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new ConfigError([`POSTERN_SIGNAL_TRANSMITTERS: expected a file that can be read, got \`${file}\``]);
  }
  const read = readTransmitters(text);
  if (!read.ok) throw new ConfigError([`POSTERN_SIGNAL_TRANSMITTERS: ${read.refusal}`]);
  return read.value;
}

export function createReceiver(
  transmitters: readonly TransmitterSettings[],
  parts: {
    readonly service: Pick<Service, "signals" | "accessRequests">;
    readonly world: World;
    readonly log: Log;
    /** Where pushes reach us. */
    readonly endpoint: () => string;
  },
): Receiver {
  const { service, world, log } = parts;
  let stopping = false;
  const running: Promise<void>[] = [];
  const wake = new Set<() => void>();
  const all: readonly Known[] = transmitters.map((settings) => {
    const client = streamClient(settings, world.monotonic);
    return {
      settings,
      client,
      verify: setVerifier(
        settings,
        () => client.keys(),
        () => service.accessRequests.now(),
        OLDEST_MS,
        parseJson,
      ),
      stream: null,
      pollAt: null,
      state: settings.apiToken === null ? "unmanaged" : "connecting",
      said: null,
      trouble: null,
      asked: null,
    };
  });

  async function take(known: Known, token: string): Promise<ReceiveAnswer> {
    let checked: Awaited<ReturnType<SetVerifier>>;
    try {
      checked = await known.verify(token);
    } catch (error) {
      if (error instanceof KeysSeenLately) return { status: 503 };
      // Its keys cannot be asked for now: it is told to come again, and nothing is believed meanwhile.
      troubled(known, "its keys cannot be read");
      return { status: 503 };
    }
    if (!checked.ok) {
      const { code, detail } = checked.refusal;
      log.warn({ transmitter: known.settings.id, code, detail }, "a security event was refused");
      return { status: 400, err: code, description: detail };
    }
    const { event } = checked.value;
    if (event.type === "verification" && event.state !== null) {
      if (event.state === known.asked) verified(known);
      // Another node may have asked, and waits for it.
      else await service.signals.verifications.arrived(known.settings.id, event.state);
    }
    if (event.type === "stream-updated") known.said = event.status;
    const { id: source, issuer, subjectTypes } = known.settings;
    let taken: Awaited<ReturnType<typeof service.signals.receive>>;
    try {
      taken = await service.signals.receive({ source, issuer, subjectTypes }, checked.value);
    } catch (error) {
      // One that cannot be taken does not hold up those behind it.
      log.error({ transmitter: source, err: error }, "a security event could not be taken");
      return { status: 503 };
    }
    if (taken.ok) return { status: 202 };
    const { code, detail } = taken.refusal;
    return code === "signal.future" || code === "signal.too_old"
      ? { status: 400, err: "invalid_request", description: detail }
      : { status: 503 };
  }

  function troubled(known: Known, why: string | null): void {
    if (known.trouble === why) return;
    known.trouble = why;
    if (why !== null) log.warn({ transmitter: known.settings.id, why }, "a transmitter of signals fails");
  }

  async function connect(known: Known): Promise<string> {
    const { settings, client } = known;
    const push =
      settings.delivery === "push"
        ? {
            endpoint: parts.endpoint(),
            authorization: settings.pushToken === null ? null : `Bearer ${settings.pushToken}`,
          }
        : null;
    const { id, pollAt } = await client.ensure(push);
    known.stream = id;
    known.pollAt = pollAt;
    known.state = "connected";
    if (pollAt !== null) await ask(known, id);
    return id;
  }

  async function ask(known: Known, id: string): Promise<void> {
    known.asked = randomUUID();
    const { status } = await known.client.verify(id, known.asked);
    if (status >= 400) throw new TypeError(`it answered ${status} when it was asked for a verification`);
  }

  function verified(known: Known): void {
    known.state = "verified";
    known.asked = null;
    for (const over of [...wake]) over();
  }

  /** Whether what was asked for has come, here or at another node. */
  async function heard(known: Known): Promise<boolean> {
    const { asked } = known;
    if (asked === null) return true;
    const elsewhere = await service.signals.verifications.hasArrived(known.settings.id, asked);
    if (elsewhere) verified(known);
    return elsewhere;
  }

  /** Nothing that is pushed tells that it does not arrive any more: it is asked for, again and again. */
  async function watch(known: Known, id: string): Promise<void> {
    await ask(known, id);
    const until = world.monotonic() + VERIFIED_WITHIN_MS;
    while (!stopping && !(await heard(known))) {
      const left = until - world.monotonic();
      if (left <= 0) throw new TypeError("a verification that was asked for did not come");
      await sleep(Math.min(left, LOOK_EVERY_MS));
    }
    troubled(known, null);
    const again = world.monotonic() + VERIFY_EVERY_MS;
    while (!stopping && world.monotonic() < again) await sleep(again - world.monotonic());
  }

  async function run(known: Known): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    let most = MOST_POLLED;
    let ack: readonly string[] = [];
    let setErrs: Record<string, { err: string; description: string }> = {};
    while (!stopping) {
      try {
        const stream = known.stream ?? (await connect(known));
        const { pollAt } = known;
        if (pollAt === null) {
          await watch(known, stream);
          pause = FIRST_PAUSE_MS;
          continue;
        }
        troubled(known, null);
        const began = world.monotonic();
        const polled = await known.client.poll(pollAt, {
          ack,
          setErrs,
          most,
          returnImmediately: false,
        });
        pause = FIRST_PAUSE_MS;
        // Once what was too long is taken, it is asked for as much as before.
        most = polled.sets.length < polled.most ? MOST_POLLED : polled.most;
        [ack, setErrs] = [[], {}];
        for (const [jti, token] of polled.sets) {
          const answer = await take(known, token);
          if (answer.status === 202) ack = [...ack, jti];
          else if (answer.status === 400) setErrs[jti] = { err: answer.err, description: answer.description };
        }
        // One that answers at once with nothing, or whose events cannot be taken now, is not asked without a pause.
        const settled = ack.length + Object.keys(setErrs).length;
        const atOnce = polled.sets.length === 0 && world.monotonic() - began < FIRST_PAUSE_MS;
        if (atOnce || settled < polled.sets.length) await sleep(pause);
      } catch (error) {
        if (stopping) return;
        troubled(known, error instanceof Error ? error.message : "it cannot be reached");
        // What was made there may be gone: it is looked for again.
        known.stream = null;
        known.state = "connecting";
        await sleep(pause);
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    }
  }

  function sleep(delay: number): Promise<void> {
    return new Promise((resolve) => {
      const over = (): void => {
        wake.delete(over);
        cancel();
        resolve();
      };
      const cancel = world.after(delay, over);
      wake.add(over);
    });
  }

  return {
    async receive(token, authorization) {
      const issuer = issuerOf(token);
      const known = all.find(({ settings }) => settings.issuer === issuer);
      if (issuer === null)
        return { status: 400, err: "invalid_request", description: "expected a security event token" };
      if (known === undefined)
        return { status: 400, err: "invalid_issuer", description: "this issuer is not listened to" };
      const { pushToken } = known.settings;
      if (pushToken !== null && !isSame(authorization, `Bearer ${pushToken}`))
        return {
          status: 400,
          err: "authentication_failed",
          description: "expected the authorization that was agreed",
        };
      return await take(known, token);
    },
    status: () =>
      all.map(({ settings, stream, state, said, trouble }) => ({
        id: settings.id,
        issuer: settings.issuer,
        delivery: settings.delivery,
        stream,
        state,
        said,
        trouble,
      })),
    start() {
      for (const known of all) if (known.settings.apiToken !== null) running.push(run(known));
    },
    async stop() {
      stopping = true;
      for (const over of [...wake]) over();
      await Promise.race([Promise.all(running), new Promise<void>((resolve) => world.after(1_000, resolve))]);
    },
  };
}
