import { failureOf } from "./failure.ts";
import { PosternProblem, PosternUnavailable } from "./problem.ts";
import { readJson, readText } from "./reading.ts";

export interface ClientOptions {
  /** Where the control plane listens, such as `http://localhost:4600`. */
  readonly url: string;
  /** The bearer secret (`pst_…`). Omitted: only what is public can be called. */
  readonly token?: string;
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** Milliseconds for a whole call with all its tries. Default 10,000. */
  readonly timeout?: number;
  /** How often a safe or keyed call is tried again. Default 2, at most 5. */
  readonly retries?: number;
  /** Names the application in Postern's log. */
  readonly app?: string;
}

export interface CallOptions {
  /** Ends the call early. */
  readonly signal?: AbortSignal;
}

export interface WriteOptions extends CallOptions {
  /** Names this change, so that it happens once however often it is sent. Made anew where omitted. */
  readonly idempotencyKey?: string;
}

export interface Call extends WriteOptions {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Already escaped; see `path`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** Sent behind the body as it comes: the body is then the first line of JSON lines. Such a call is tried once. */
  readonly lines?: AsyncIterable<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  /** False: a POST that must not be sent twice and carries no key. */
  readonly keyed?: boolean;
}

export interface Transport {
  json(call: Call): Promise<unknown>;
  text(call: Call): Promise<string>;
  /** The body as it comes; the time-out covers only the wait for its beginning. */
  stream(call: Call): Promise<ReadableStream<Uint8Array>>;
}

/** Joins segments into a path and escapes each, so that no id can reach another route. */
export function path(...segments: readonly string[]): string {
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join("");
}

const MOST_RETRIES = 5;

/** Throws `TypeError` for options that cannot work. */
export function createTransport(options: ClientOptions): Transport {
  const base = baseOf(options.url);
  const send = options.fetch ?? fetch;
  const timeout = options.timeout ?? 10_000;
  const retries = Math.min(options.retries ?? 2, MOST_RETRIES);
  if (!(timeout > 0)) throw new TypeError(`expected a time-out above zero, got \`${timeout}\``);

  const requestOf = (call: Call, key: string | null, signal: AbortSignal): [URL, RequestInit] => {
    const url = new URL(`${base}${call.path}`);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const headers = new Headers({ accept: "application/json, application/problem+json", ...call.headers });
    if (options.token !== undefined) headers.set("authorization", `Bearer ${options.token}`);
    if (options.app !== undefined) headers.set("user-agent", `${options.app} (@postern/sdk)`);
    if (key !== null) headers.set("idempotency-key", key);
    if (call.body !== undefined) headers.set("content-type", "application/json");
    const text = call.body === undefined ? null : JSON.stringify(call.body);
    const init = { method: call.method, headers, signal, redirect: "error", cache: "no-store" } as const;
    if (call.lines === undefined) return [url, { ...init, body: text }];
    headers.set("content-type", "application/jsonl");
    // The standard asks for `duplex` with a body that is a stream; the types of browsers do not have it yet.
    const streamed: RequestInit & { readonly duplex: "half" } = {
      ...init,
      body: streamOf(`${text ?? ""}\n`, call.lines),
      duplex: "half",
    };
    return [url, streamed];
  };

  const run = async <Value>(
    call: Call,
    read: (response: Response, stop: () => void) => Promise<Value>,
  ): Promise<Value> => {
    call.signal?.throwIfAborted();
    const key = call.method === "POST" && call.keyed !== false ? (call.idempotencyKey ?? newKey()) : null;
    const mayRepeat = call.lines === undefined && (call.method === "GET" || key !== null);
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), timeout);
    const signal = call.signal === undefined ? limit.signal : AbortSignal.any([limit.signal, call.signal]);
    try {
      for (let attempt = 0; ; attempt++) {
        try {
          const response = await send(...requestOf(call, key, signal));
          if (!response.ok) throw await failureOf(response);
          return await read(response, () => clearTimeout(timer));
        } catch (error) {
          const failure = failed(error, call.signal, limit.signal, timeout);
          if (!mayRepeat || attempt >= retries || !worthRepeating(failure)) throw failure;
          await pause(delay(attempt, failure), signal).catch(() => {
            call.signal?.throwIfAborted();
            throw failure;
          });
        }
      }
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    json: (call) => run(call, readJson),
    text: (call) => run(call, readText),
    stream: (call) =>
      run(call, async (response, stop) => {
        if (response.body === null) throw new PosternUnavailable("garbled", "expected a body, got none");
        stop();
        return response.body;
      }),
  };
}

function baseOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new TypeError(`expected an http or https URL, got \`${text}\``);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new TypeError("expected a URL without user, query or fragment");
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

function streamOf(first: string, rest: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const parts = rest[Symbol.asyncIterator]();
  let begun = false;
  return new ReadableStream<Uint8Array>({
    async pull(to) {
      if (!begun) {
        begun = true;
        to.enqueue(new TextEncoder().encode(first));
        return;
      }
      const next = await parts.next();
      if (next.done === true) to.close();
      else to.enqueue(next.value);
    },
    async cancel() {
      await parts.return?.();
    },
  });
}

function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

/** The caller's own abort comes back as it is; everything else is a problem or says that nothing is known. */
function failed(error: unknown, own: AbortSignal | undefined, limit: AbortSignal, timeout: number): unknown {
  if (own?.aborted === true) return own.reason;
  if (error instanceof PosternProblem || error instanceof PosternUnavailable) return error;
  if (limit.aborted) {
    return new PosternUnavailable("timed_out", `no whole answer within ${timeout} ms`, { cause: error });
  }
  return new PosternUnavailable("unreachable", "Postern could not be reached", { cause: error });
}

function worthRepeating(error: unknown): boolean {
  if (error instanceof PosternProblem) return error.code === "idempotency.in_flight";
  if (!(error instanceof PosternUnavailable)) return false;
  return error.reason === "unreachable" || (error.reason === "refusing" && error.status !== 500);
}

/** A fifth of a second, doubling, with chance in it so that many clients do not come back together. */
function delay(attempt: number, error: unknown): number {
  const asked = error instanceof PosternUnavailable ? (error.retryAfter ?? 0) * 1000 : 0;
  const own = 200 * 2 ** attempt;
  return Math.max(asked, own / 2 + Math.random() * (own / 2));
}

/** Waits, and rejects with the signal's reason when it ends the wait. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const stopped = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stopped);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stopped, { once: true });
  });
}
