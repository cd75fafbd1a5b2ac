import {
  canonicalJson,
  type FetchTile,
  fromUtf8,
  type Json,
  type KeyEpoch,
  keyEpochOf,
  LedgerError,
  parseCanonical,
  parseHashTile,
  type Tile,
  tilePath,
  tileWidth,
} from "@postern/ledger";

/** A log as anyone reads it. Nothing that it answers is trusted. Every call may throw `SourceError`. */
export interface LogSource {
  readonly url: string;
  checkpoint(): Promise<string>;
  keys(): Promise<{ readonly origin: string; readonly keys: readonly KeyEpoch[] }>;
  readonly tile: FetchTile;
  bytes(path: string, token?: string): Promise<Uint8Array>;
}

/** The log cannot be reached, or its answer cannot be read. */
export class SourceError extends Error {
  override readonly name: string = "SourceError";
  /** Undefined: there was no answer. */
  readonly status: number | undefined;

  constructor(message: string, status?: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

const WITHIN_MS = 10_000;
const LONGEST = 32 * 1024 * 1024;

/** Reads over HTTP below a prefix such as `https://postern.example`. Redirects are not followed. */
export function logSource(prefix: string, fetcher: typeof fetch, signal: AbortSignal): LogSource {
  const url = prefix.replace(/\/+$/, "");
  const bytes = async (path: string, token?: string): Promise<Uint8Array> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]);
    try {
      const response = await fetcher(`${url}/ledger/${path}`, {
        redirect: "error",
        signal: limit,
        ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
      });
      if (response.status !== 200) {
        await response.body?.cancel();
        throw new SourceError(
          `expected 200 from \`${url}/ledger/${path}\`, got ${response.status}`,
          response.status,
        );
      }
      return await readUpTo(response, LONGEST);
    } catch (cause) {
      if (cause instanceof SourceError) throw cause;
      throw new SourceError(`\`${url}\` does not answer: ${reasonOf(cause)}`, undefined, { cause });
    }
  };
  const hashes = async (tile: Tile): ReturnType<FetchTile> =>
    parseHashTile(await bytes(tilePath(tile)), tile.width);
  return {
    url,
    bytes,
    checkpoint: async () => readText(await bytes("checkpoint")),
    async keys() {
      const text = readText(await bytes("keys"));
      try {
        const found = parseCanonical(canonicalJson(JSON.parse(text) as Json));
        const { origin, keys } = found as { readonly origin?: Json; readonly keys?: Json };
        if (typeof origin !== "string" || !Array.isArray(keys))
          throw new SyntaxError("expected an origin and keys");
        return { origin, keys: keys.map((key: Json) => keyEpochOf(key)) };
      } catch (cause) {
        throw new SourceError(`the keys of \`${url}\` cannot be read: ${reasonOf(cause)}`, 200, { cause });
      }
    },
    async tile(tile) {
      try {
        return await hashes(tile);
      } catch (error) {
        // A log may drop a partial tile once the full one is there (C2SP tlog-tiles).
        const gone = error instanceof SourceError && error.status === 404 && tile.width < tileWidth;
        if (!gone) throw error;
        return (await hashes({ ...tile, width: tileWidth })).slice(0, tile.width);
      }
    },
  };
}

function readText(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    if (!(cause instanceof LedgerError)) throw cause;
    throw new SourceError("the answer is not text", 200, { cause });
  }
}

async function readUpTo(response: Response, most: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > most) throw new SourceError(`expected an answer of at most ${most} bytes`, response.status);
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.message === "fetch failed"
    ? error.cause.message
    : error.message;
}
