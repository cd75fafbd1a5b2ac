import { type Json, parseCanonical } from "./canonical.ts";
import { fromBase64, fromUtf8 } from "./encoding.ts";
import { LedgerError } from "./error.ts";
import { type EarlierCheckpoint, type ExportLine, exportFormat, type Reveal } from "./export.ts";
import { type Hash, hashFromBase64 } from "./hash.ts";
import type { KeyEpoch } from "./key-epoch.ts";
import { toLogSize } from "./size.ts";

/** Longest line of an export, in UTF-16 code units (and in bytes where bytes are read). */
export const maxLineLength = 4_194_304;

type Fields = Readonly<Record<string, Json>>;

function malformed(message: string, cause?: unknown): LedgerError {
  return new LedgerError("malformed_export", message, cause === undefined ? undefined : { cause });
}

function fields(
  value: Json | undefined,
  required: readonly string[],
  optional: readonly string[] = [],
): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw malformed("expected an object");
  const found = value as Fields;
  for (const name of required)
    if (!Object.hasOwn(found, name)) throw malformed(`the field \`${name}\` is missing`);
  for (const name of Object.keys(found)) {
    if (!required.includes(name) && !optional.includes(name)) {
      throw malformed(`unknown field \`${name.slice(0, 80)}\``);
    }
  }
  return found;
}

function text(value: Json | undefined): string {
  if (typeof value !== "string") throw malformed("expected a text");
  return value;
}

function whole(value: Json | undefined): number {
  if (typeof value !== "number") throw malformed("expected a number");
  return toLogSize(value);
}

function list<Item>(value: Json | undefined, read: (item: Json) => Item): readonly Item[] {
  if (!Array.isArray(value)) throw malformed("expected a list");
  return value.map((item: Json) => read(item));
}

function hashes(value: Json | undefined): readonly Hash[] {
  return list(value, (item) => hashFromBase64(text(item)));
}

/** One key of a log as exports and evidence write it. Throws `malformed_export`. */
export function keyEpochOf(value: Json): KeyEpoch {
  const key = fields(value, ["epoch", "vkey", "since"], ["signedByPrevious"]);
  const signed = key.signedByPrevious;
  return {
    epoch: whole(key.epoch),
    vkey: text(key.vkey),
    since: whole(key.since),
    ...(signed === undefined ? {} : { signedByPrevious: text(signed) }),
  };
}

function earlier(value: Json): EarlierCheckpoint {
  const found = fields(value, ["checkpoint", "consistency"]);
  return { checkpoint: text(found.checkpoint), consistency: hashes(found.consistency) };
}

function reveal(value: Json): Reveal {
  const found = fields(value, ["pointer", "salt", "value"]);
  const shown = found.value;
  if (shown === undefined) throw malformed("the field `value` is missing");
  return { pointer: text(found.pointer), salt: fromBase64(text(found.salt)), value: shown };
}

function parseFields(value: Json): ExportLine {
  if (typeof value !== "object" || value === null) throw malformed("expected an object");
  if (Object.hasOwn(value, "format")) {
    const found = fields(value, ["format", "origin", "keys", "from", "to", "range", "earlier"]);
    if (found.format !== exportFormat) throw malformed(`expected the format \`${exportFormat}\``);
    return {
      kind: "header",
      origin: text(found.origin),
      keys: list(found.keys, keyEpochOf),
      from: whole(found.from),
      to: whole(found.to),
      range: hashes(found.range),
      earlier: list(found.earlier, earlier),
    };
  }
  if (Object.hasOwn(value, "entry")) {
    const found = fields(value, ["index", "entry", "leafHash"], ["reveals"]);
    const reveals = found.reveals === undefined ? [] : list(found.reveals, reveal);
    return {
      kind: "entry",
      index: whole(found.index),
      entry: text(found.entry),
      leafHash: hashFromBase64(text(found.leafHash)),
      reveals,
    };
  }
  if (Object.hasOwn(value, "dropped")) {
    const found = fields(value, ["index", "leafHash", "dropped"]);
    if (found.dropped !== true) throw malformed("expected `dropped` to be true");
    return {
      kind: "dropped",
      index: whole(found.index),
      leafHash: hashFromBase64(text(found.leafHash)),
    };
  }
  if (Object.hasOwn(value, "checkpoint")) {
    return { kind: "checkpoint", checkpoint: text(fields(value, ["checkpoint"]).checkpoint) };
  }
  const end = fields(fields(value, ["end"]).end, ["checkpoint", "consistency"]);
  return { kind: "end", checkpoint: text(end.checkpoint), consistency: hashes(end.consistency) };
}

/** Reads one line. Throws `malformed_export` for anything but what `formatExportLine` writes. */
export function parseExportLine(line: string): ExportLine {
  if (line.length > maxLineLength) throw malformed(`expected a line of at most ${maxLineLength} characters`);
  try {
    return parseFields(parseCanonical(line));
  } catch (cause) {
    if (!(cause instanceof LedgerError)) throw cause;
    throw cause.code === "malformed_export" ? cause : malformed(cause.message, cause);
  }
}

/**
 * Reads an export line by line, holding one at a time: a header, then items, then the end and nothing more.
 * Throws `malformed_export`. Verifies nothing.
 */
export async function* readExport(
  lines: Iterable<string> | AsyncIterable<string>,
): AsyncGenerator<ExportLine> {
  let expecting: "header" | "items" | "nothing" = "header";
  for await (const line of lines) {
    const item = parseExportLine(line);
    if (expecting === "nothing") throw malformed("something follows the end line");
    if ((item.kind === "header") !== (expecting === "header")) {
      throw malformed("expected the header as first line, and once");
    }
    expecting = item.kind === "end" ? "nothing" : "items";
    yield item;
  }
}

/** Cuts bytes into lines at each newline. A line beyond the limit is refused before it is held. Throws `malformed_export`. */
export async function* exportLines(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let length = 0;
  const take = (part: Uint8Array): void => {
    length += part.length;
    if (length > maxLineLength) throw malformed(`expected a line of at most ${maxLineLength} bytes`);
    parts.push(part);
  };
  const line = (): string => {
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    parts = [];
    length = 0;
    try {
      return fromUtf8(bytes);
    } catch (cause) {
      throw malformed("expected UTF-8", cause);
    }
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let to = chunk.indexOf(10); to >= 0; to = chunk.indexOf(10, from)) {
      take(chunk.subarray(from, to));
      yield line();
      from = to + 1;
    }
    if (from < chunk.length) take(chunk.slice(from));
  }
  if (length > 0) yield line();
}
