import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { access, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { createInterface } from "node:readline/promises";
import type { Context, Files, Sink, Source } from "./context.ts";
import { nodeLoopback } from "./login/loopback.ts";

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
    random: randomBytes,
    loopback: nodeLoopback,
    browse,
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

/** Without a shell: the address is one argument, whatever is in it. */
function browse(address: string): void {
  const { platform, env } = process;
  if (platform === "linux" && !(env.DISPLAY || env.WAYLAND_DISPLAY)) return;
  const [program, ...words] =
    platform === "darwin"
      ? ["open"]
      : platform === "win32"
        ? ["rundll32", "url.dll,FileProtocolHandler"]
        : ["xdg-open"];
  const child = spawn(program ?? "", [...words, address], { stdio: "ignore", detached: true });
  child.on("error", () => undefined);
  child.unref();
}

export const nodeFiles: Files = {
  read: async (path) => await readFile(path, "utf8"),
  chunks: async (path) => {
    const file = await open(path);
    if ((await file.stat()).isDirectory()) {
      await file.close();
      throw new Error("is a directory");
    }
    return file.createReadStream();
  },
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
  replace: async (path, text) => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const beside = `${path}.${randomBytes(6).toString("hex")}`;
    try {
      await nodeFiles.create(beside, [text]);
      await rename(beside, path);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
  },
  remove: (path) => rm(path, { force: true }),
  exists: async (path) =>
    await access(path).then(
      () => true,
      () => false,
    ),
};
