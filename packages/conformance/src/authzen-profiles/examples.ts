import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** A profile's worked examples, step by step: what is sent, and what the answer must hold. */
export interface Examples {
  readonly profile: string;
  readonly examples: readonly { readonly example: string; readonly steps: readonly Step[] }[];
}

export type Step =
  | { readonly act: "approve" | "consent" | "revoke" }
  | {
      readonly send: {
        readonly method: string;
        /** Below the control plane, or a whole address that it gave out. */
        readonly path: string;
        /** Which caller; null: nobody. */
        readonly as?: "stranger" | null;
        readonly headers?: Readonly<Record<string, string>>;
        readonly body?: unknown;
      };
      readonly expect: {
        readonly status: number;
        readonly headers?: readonly string[];
        /** Members that must be there; `*` is any text that is not empty. */
        readonly match?: unknown;
        /** Dotted paths that must not. */
        readonly absent?: readonly string[];
      };
      /** Parts of the answer that later steps use, by dotted path. */
      readonly keep?: Readonly<Record<string, string>>;
    };

const FOLDER = new URL("../../../../vectors/authzen-profiles/", import.meta.url);

/** Rejects where the examples are absent or hold nothing. */
export async function readExamples(
  name: "access-request" | "obligations",
  folder: URL = FOLDER,
): Promise<Examples> {
  const file = new URL(`${name}.json`, folder);
  const examples = JSON.parse(await readFile(file, "utf8")) as Examples;
  if (examples.examples.length === 0) throw new Error(`no examples in \`${fileURLToPath(file)}\``);
  return examples;
}

/** The value at a dotted path; undefined where there is none. */
export function at(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (part, name) =>
        typeof part === "object" && part !== null && Object.hasOwn(part, name)
          ? Reflect.get(part, name)
          : undefined,
      value,
    );
}

/** Puts kept values in: a text that is `{{path}}` becomes the value itself. */
export function filled(value: unknown, kept: Readonly<Record<string, unknown>>): unknown {
  if (typeof value === "string") {
    const whole = /^\{\{([\w.]+)\}\}$/.exec(value)?.[1];
    return whole === undefined ? value : at(kept, whole);
  }
  if (Array.isArray(value)) return value.map((one) => filled(one, kept));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, filled(one, kept)]));
}

/** Where an answer differs from what must be there; null: nowhere. */
export function difference(wanted: unknown, got: unknown, path = ""): string | null {
  if (wanted === "*") return typeof got === "string" && got !== "" ? null : `${path}: expected text`;
  if (Array.isArray(wanted)) {
    if (!Array.isArray(got) || got.length !== wanted.length)
      return `${path}: expected ${wanted.length} items, got ${JSON.stringify(got)}`;
    return first(wanted.map((one, place) => difference(one, got[place], `${path}.${place}`)));
  }
  if (typeof wanted === "object" && wanted !== null)
    return first(
      Object.entries(wanted).map(([name, one]) => difference(one, at(got, name), `${path}.${name}`)),
    );
  return wanted === got ? null : `${path}: expected ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`;
}

function first(all: readonly (string | null)[]): string | null {
  return all.find((one) => one !== null) ?? null;
}
