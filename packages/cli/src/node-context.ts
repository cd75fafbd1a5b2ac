import { createReadStream } from "node:fs";
import { access, open, readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { createInterface } from "node:readline/promises";
import type { Context, Files, Sink, Source } from "./context.ts";

/** The real outside: this process's streams, environment, files and clock. */
export function nodeContext(signal: AbortSignal): Context {
  return {
    stdout: sinkOf(process.stdout),
    stderr: sinkOf(process.stderr),
    stdin: source(),
    env: process.env,
    fetch,
    now: Date.now,
    files: nodeFiles,
    signal,
  };
}

function sinkOf(stream: NodeJS.WriteStream): Sink {
  return {
    isTerminal: stream.isTTY === true,
    write: (text) => {
      stream.write(text);
    },
  };
}

function source(): Source {
  const { stdin } = process;
  return {
    isTerminal: stdin.isTTY === true,
    read: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString("utf8");
    },
    line: async () => {
      const reader = createInterface({ input: stdin });
      try {
        for await (const line of reader) return line;
        return "";
      } finally {
        reader.close();
      }
    },
  };
}

export const nodeFiles: Files = {
  read: async (path) => await readFile(path, "utf8"),
  chunks: (path) => createReadStream(path),
  below: async (directory) => {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep))
      .filter((parts) => !parts.some((part) => part.startsWith(".")))
      .map((parts) => parts.join("/"))
      .sort();
  },
  create: async (path, text) => {
    const file = await open(path, "wx", 0o600);
    try {
      for await (const piece of text) await file.write(piece);
      await file.sync();
    } finally {
      await file.close();
    }
  },
  exists: async (path) =>
    await access(path).then(
      () => true,
      () => false,
    ),
};
