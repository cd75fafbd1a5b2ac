import type { Placed } from "../compile/context.ts";
import { nearest } from "../nearest.ts";
import type { PolicyFile, PolicyProblem } from "../problem.ts";
import { isPlainMap } from "../source/plain.ts";
import { readSources, type SourceDocument } from "../source/read.ts";
import { isKind, KIND_SCHEMAS, KINDS, KINDS_NOT_AVAILABLE, type Kind, type PolicyDocument } from "./kind.ts";
import { quoted, type Report, validate, wordList } from "./validate.ts";

export type { Kind, PolicyDocument } from "./kind.ts";

export type DocumentsByKind = {
  readonly [Name in Kind]: Placed<Extract<PolicyDocument, { kind: Name }>>[];
};

export interface DocumentsRead {
  readonly documents: DocumentsByKind;
  readonly problems: PolicyProblem[];
}

/** Reads all documents that satisfy the schema of their kind, each name once per kind. */
export function* readDocuments(files: readonly PolicyFile[]): Generator<void, DocumentsRead> {
  const { documents: sources, problems: found } = yield* readSources(files);
  const problems = [...found];
  const documents: DocumentsByKind = {
    Protection: [],
    Offer: [],
    Risk: [],
    SessionProfile: [],
    SignalRule: [],
    Attributes: [],
  };
  const names = new Map<string, Placed<PolicyDocument>>();
  for (const source of sources) {
    yield;
    const before = problems.length;
    const kind = kindOf(source, problems);
    if (kind === null) continue;
    validate(source.value as never, KIND_SCHEMAS[kind], source.places, reporting(problems));
    if (problems.length > before) continue;
    // The schema of this very kind has just been checked.
    const placed = { document: source.value as unknown as PolicyDocument, places: source.places };
    const key = `${kind} ${placed.document.name}`;
    const first = names.get(key);
    if (first !== undefined) {
      const { file, line } = first.places.start;
      reporting(problems)(
        "duplicate_name",
        `expected each name once, got the ${kind} ${quoted(placed.document.name)} again (first at ${file}:${line})`,
        placed.places.of(placed.document, "name"),
      );
    } else names.set(key, placed);
    (documents[kind] as Placed<PolicyDocument>[]).push(placed);
  }
  return { documents, problems: withoutEchoes(problems) };
}

/** What YAML already refused is not refused again for its type. */
function withoutEchoes(problems: readonly PolicyProblem[]): PolicyProblem[] {
  const place = ({ file, line, column }: PolicyProblem): string => `${file}:${line}:${column}`;
  const refused = new Set(problems.filter(({ code }) => code === "yaml_1_1_boolean").map(place));
  return problems.filter(
    (one) => !((one.code === "wrong_type" || one.code === "wrong_value") && refused.has(place(one))),
  );
}

function reporting(problems: PolicyProblem[]): Report {
  return (code, message, { file, line, column }, hint) => {
    problems.push({
      severity: "error",
      code,
      message,
      file,
      line,
      column,
      ...(hint === undefined ? {} : { hint }),
    });
  };
}

function kindOf({ value, places }: SourceDocument, problems: PolicyProblem[]): Kind | null {
  const report = reporting(problems);
  if (!isPlainMap(value)) {
    report("not_a_mapping", "expected a document with `kind` and `name`", places.start);
    return null;
  }
  const kind = value.kind;
  if (typeof kind !== "string") {
    report("kind_missing", `expected \`kind\`, one of ${wordList(KINDS)}`, places.start);
    return null;
  }
  if (isKind(kind)) return kind;
  const at = places.of(value, "kind");
  if (KINDS_NOT_AVAILABLE.includes(kind)) {
    report(
      "kind_not_available",
      `documents of kind \`${kind}\` are not yet acted on, so none is accepted`,
      at,
    );
    return null;
  }
  const near = nearest(kind, KINDS);
  const hint = near === undefined ? undefined : `did you mean \`${near}\`?`;
  report("unknown_kind", `expected ${wordList(KINDS)} in \`kind\`, got ${quoted(kind)}`, at, hint);
  return null;
}
