import { canonicalJson, type Json, parseCanonical } from "./canonical.ts";
import { type OpenedCheckpoint, parseCheckpoint } from "./checkpoint.ts";
import { LedgerError } from "./error.ts";
import { keyEpochOf } from "./export-read.ts";
import { type Hash, hashEquals, hashFromBase64, hashToBase64, pureHasher, type TreeHasher } from "./hash.ts";
import { type Ed25519Verify, formatVkey, parseVkey } from "./key.ts";
import { type KeyEpoch, keyHistory, openCheckpointInHistory } from "./key-epoch.ts";
import { parseNote } from "./note.ts";
import { consistencyRoots } from "./proof.ts";
import { grouped } from "./verify-report.ts";

/** First member of every piece of evidence, with its version. */
export const forkFormat = "postern-ledger-fork@1";

/**
 * Two heads that one log has signed and that cannot both be true. Anyone who trusts one of the log's keys can verify
 * it, without a server and without trust in whoever found it.
 */
export interface ForkEvidence {
  readonly origin: string;
  /** The log's keys, oldest first. */
  readonly keys: readonly KeyEpoch[];
  /** Signed checkpoints, verbatim; the first is not the larger. */
  readonly first: string;
  readonly second: string;
  /**
   * Where the sizes differ: the whole consistency path (see `consistencyRoots`) in the second tree. It leads to the
   * second root, and to another first root than the one that was signed. Empty where the sizes are the same.
   */
  readonly path: readonly Hash[];
}

/** What a reader of evidence is told. */
export interface ForkReport {
  readonly ok: boolean;
  readonly checks: readonly {
    readonly check: "format" | "keys" | "signatures" | "fork";
    readonly ok: boolean;
    /** A sentence fit to be read aloud. */
    readonly detail: string;
  }[];
}

function malformed(message: string, cause?: unknown): LedgerError {
  return new LedgerError("malformed_fork", message, cause === undefined ? undefined : { cause });
}

/** The evidence as one line of canonical JSON, with its newline. */
export function formatFork(evidence: ForkEvidence): string {
  return `${canonicalJson({
    format: forkFormat,
    origin: evidence.origin,
    keys: evidence.keys.map((key) => ({ ...key })),
    first: evidence.first,
    second: evidence.second,
    path: evidence.path.map(hashToBase64),
  })}\n`;
}

const names = ["first", "format", "keys", "origin", "path", "second"];

/** Reads evidence and verifies nothing. Throws `malformed_fork`. */
export function parseFork(text: string): ForkEvidence {
  try {
    const value = parseCanonical(text.replace(/\n$/, ""));
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw malformed("expected an object");
    const found = value as Readonly<Record<string, Json>>;
    if (Object.keys(found).toSorted().join() !== names.join() || found.format !== forkFormat) {
      throw malformed(`expected the format \`${forkFormat}\` and its fields`);
    }
    const { origin, first, second, keys, path } = found;
    if (typeof origin !== "string" || typeof first !== "string" || typeof second !== "string") {
      throw malformed("expected an origin and two notes");
    }
    if (!Array.isArray(keys) || !Array.isArray(path)) throw malformed("expected lists of keys and hashes");
    return {
      origin,
      first,
      second,
      keys: keys.map((key: Json) => keyEpochOf(key)),
      path: path.map((hash: Json) => hashFromBase64(typeof hash === "string" ? hash : "")),
    };
  } catch (cause) {
    if (!(cause instanceof LedgerError)) throw cause;
    throw cause.code === "malformed_fork" ? cause : malformed(cause.message, cause);
  }
}

/** Whether two heads of one log exclude each other; `path` as in `ForkEvidence`. */
export function provesFork(
  first: { readonly size: bigint; readonly root: Hash },
  second: { readonly size: bigint; readonly root: Hash },
  path: readonly Hash[],
  hasher: TreeHasher = pureHasher,
): boolean {
  if (first.size === second.size) return !hashEquals(first.root, second.root);
  if (first.size > second.size || first.size === 0n) return false;
  try {
    const [root1, root2] = consistencyRoots(first.size, second.size, path, hasher);
    return hashEquals(root2, second.root) && !hashEquals(root1, first.root);
  } catch (error) {
    if (error instanceof LedgerError) return false;
    throw error;
  }
}

/**
 * Verifies evidence of a fork and says what was checked. Never throws for what the evidence holds; throws
 * `malformed_key` for a trusted key that cannot be read.
 */
export function verifyFork(
  text: string,
  trust: { readonly trustedKeys: readonly string[]; readonly verifySignature?: Ed25519Verify },
): ForkReport {
  const trusted = new Set(trust.trustedKeys.map((vkey) => formatVkey(parseVkey(vkey))));
  const checks: ForkReport["checks"][number][] = [];
  const say = (check: ForkReport["checks"][number]["check"], ok: boolean, detail: string): void => {
    checks.push({ check, ok, detail });
  };
  let at: ForkReport["checks"][number]["check"] = "format";
  try {
    const evidence = parseFork(text);
    say(at, true, `the file is evidence about the ledger ${evidence.origin}`);
    at = "keys";
    const from = evidence.keys.findIndex(({ vkey }) => trusted.has(vkey));
    if (from < 0)
      throw new LedgerError("unknown_key", "none of the ledger's keys in it is one that you trust");
    const history = keyHistory(evidence.origin, evidence.keys.slice(from), trust.verifySignature);
    say(at, true, "the keys in it are traced to one that you trust");
    at = "signatures";
    const open = (note: string): OpenedCheckpoint => openCheckpointInHistory(note, evidence.origin, history);
    const [first, second] = [open(evidence.first), open(evidence.second)];
    say(
      at,
      true,
      `both heads, of size ${grouped(first.size)} and ${grouped(second.size)}, are signed by the ledger`,
    );
    at = "fork";
    if (!provesFork(first, second, evidence.path)) {
      throw new LedgerError(
        "root_mismatch",
        "nothing in the file shows that the two heads exclude each other",
      );
    }
    say(
      at,
      true,
      first.size === second.size
        ? `the ledger has signed two different roots at size ${grouped(first.size)}`
        : `the tree signed at size ${grouped(second.size)} begins with another tree of ${grouped(first.size)} entries than the one that was signed`,
    );
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    say(at, false, error.message);
  }
  return { ok: checks.every(({ ok }) => ok), checks };
}

/** The evidence in two heads, the smaller one first. Throws what reading a note throws. */
export function forkEvidence(parts: {
  readonly keys: readonly KeyEpoch[];
  readonly notes: readonly [string, string];
  readonly path: readonly Hash[];
}): ForkEvidence {
  const [one, other] = parts.notes.map((note) => ({ note, ...parseCheckpoint(parseNote(note).text) }));
  if (one === undefined || other === undefined) throw malformed("expected two notes");
  const [first, second] = one.size <= other.size ? [one, other] : [other, one];
  return { origin: one.origin, keys: parts.keys, first: first.note, second: second.note, path: parts.path };
}
