import { Composer, type CST, type Document, LineCounter, type Node, Parser } from "yaml";
import type { PolicyFile, PolicyProblem, PolicyProblemCode } from "../problem.ts";
import { DEEPEST, LONGEST_FILE, LONGEST_POLICY, MOST_DOCUMENTS, MOST_FILES } from "./limits.ts";
import { absurdNesting, unfitToken } from "./nesting.ts";
import { createPlaces, type Places, type Spots } from "./place.ts";
import { type Plain, toPlain } from "./plain.ts";

/** One YAML document of the policy directory, as plain data with the places of everything in it. */
export interface SourceDocument {
  readonly value: Plain;
  readonly places: Places;
}

export interface SourceRead {
  readonly documents: readonly SourceDocument[];
  readonly problems: readonly PolicyProblem[];
}

/** Reads YAML 1.2 core (JSON is part of it), a document at a step. Anchors, merge keys, tags and directives are refused. */
export function* readSources(files: readonly PolicyFile[]): Generator<void, SourceRead> {
  const problems: PolicyProblem[] = [];
  const documents: SourceDocument[] = [];
  const whole = (file: string, code: PolicyProblemCode, message: string): void => {
    problems.push({ severity: "error", code, message, file, line: 1, column: 1 });
  };
  const seen = new Set<string>();
  let total = 0;
  for (const [count, file] of files.entries()) {
    if (count >= MOST_FILES) {
      whole(file.path, "too_many_files", `expected at most ${MOST_FILES} files, got ${files.length}`);
      break;
    }
    if (seen.has(file.path)) {
      whole(file.path, "duplicate_file", `expected each file once, got \`${file.path}\` again`);
      continue;
    }
    seen.add(file.path);
    total += file.text.length;
    if (file.text.length > LONGEST_FILE) {
      whole(
        file.path,
        "file_too_large",
        `expected at most ${LONGEST_FILE} characters, got ${file.text.length}`,
      );
      continue;
    }
    if (total > LONGEST_POLICY) {
      whole(
        file.path,
        "policy_too_large",
        `expected at most ${LONGEST_POLICY} characters in all files together`,
      );
      break;
    }
    yield* readFile(file, documents, problems);
    if (documents.length > MOST_DOCUMENTS) {
      whole(file.path, "too_many_documents", `expected at most ${MOST_DOCUMENTS} documents`);
      break;
    }
  }
  return { documents, problems };
}

function* readFile(
  file: PolicyFile,
  documents: SourceDocument[],
  problems: PolicyProblem[],
): Generator<void, void> {
  const lines = new LineCounter();
  const report = (code: PolicyProblemCode, message: string, offset: number, hint?: string): void => {
    const { line, col } = lines.linePos(offset);
    problems.push({
      severity: "error",
      code,
      message,
      file: file.path,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
      ...(hint === undefined ? {} : { hint }),
    });
  };
  const strange = /(?![\t\n\r])\p{Cc}/u.exec(file.text);
  if (strange !== null || !file.text.isWellFormed()) {
    const offset = strange?.index ?? 0;
    countLines(offset);
    report("not_text", "expected text without control characters and lone surrogates", offset);
    return;
  }
  const absurd = absurdNesting(file.text);
  if (absurd !== null) {
    countLines(absurd);
    report("too_deep", `expected at most ${DEEPEST} levels of nesting`, absurd);
    return;
  }
  const tokens: CST.Token[] = [];
  for (const token of new Parser(lines.addNewLine).parse(file.text)) {
    const unfit = unfitToken(token);
    if (unfit?.why === "deep") {
      report("too_deep", `expected at most ${DEEPEST} levels of nesting`, unfit.offset);
      return;
    }
    if (unfit?.why === "decorated") {
      report("anchor_refused", "expected no anchors and tags, got several in a row", unfit.offset);
      return;
    }
    if (token.type === "directive") {
      report(
        "directive_refused",
        `expected no directives, got \`${token.source.slice(0, 60)}\``,
        token.offset,
      );
    }
    tokens.push(token);
    yield;
  }
  const composer = new Composer({
    version: "1.2",
    schema: "core",
    merge: false,
    uniqueKeys: false,
    strict: true,
    stringKeys: false,
    lineCounter: lines,
    logLevel: "silent",
  });
  for (const document of composer.compose(tokens)) {
    readDocument(document);
    yield;
  }

  /** For what is refused before parsing has counted the lines. */
  function countLines(until: number): void {
    lines.addNewLine(0);
    for (let at = file.text.indexOf("\n"); at >= 0 && at < until; at = file.text.indexOf("\n", at + 1)) {
      lines.addNewLine(at + 1);
    }
  }

  function readDocument(document: Document.Parsed): void {
    for (const error of [...document.errors, ...document.warnings]) {
      const message = error.message.split("\n")[0] ?? "";
      report(codeOf(error.code), `expected YAML 1.2, got an error: ${tidy(message)}`, error.pos[0]);
    }
    if (document.errors.length > 0) return;
    const root = document.contents as Node | null;
    if (root === null || root.range === undefined || root.range === null) return;
    if ("value" in root && root.value === null && "source" in root && root.source === "") return;
    const spots: Spots = new WeakMap();
    const value = toPlain(root, spots, report);
    const places = createPlaces(file.path, file.text, lines, root.range[0], spots);
    documents.push({ value, places });
  }
}

function codeOf(code: string): PolicyProblemCode {
  switch (code) {
    case "BAD_ALIAS":
      return "anchor_refused";
    case "TAG_RESOLVE_FAILED":
      return "tag_refused";
    case "NON_STRING_KEY":
      return "key_not_text";
    default:
      return "yaml_syntax";
  }
}

function tidy(message: string): string {
  const text = message.replace(/ at line \d+, column \d+:?$/, "").replace(/[.:]$/, "");
  return text.charAt(0).toLowerCase() + text.slice(1);
}
