import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The secrets of a sample, kept between starts. Sample people only: a real deployment hands each person theirs. */
export interface Kept {
  readonly bootstrap: string;
  readonly ben: string | null;
  readonly olga: string | null;
  readonly shop: string | null;
}

export function readKept(folder: string): Kept {
  const path = join(folder, "sample.json");
  if (!existsSync(path)) {
    return { bootstrap: randomBytes(32).toString("base64url"), ben: null, olga: null, shop: null };
  }
  const read: unknown = JSON.parse(readFileSync(path, "utf8"));
  const text = (name: string): string | null => {
    const value = typeof read === "object" && read !== null ? Reflect.get(read, name) : null;
    return typeof value === "string" ? value : null;
  };
  const bootstrap = text("bootstrap");
  if (bootstrap === null) throw new Error(`cannot read \`${path}\`; \`npm start -- --fresh\` begins anew`);
  return { bootstrap, ben: text("ben"), olga: text("olga"), shop: text("shop") };
}

/** Readable by this user only, and never half written. */
export function writePrivate(path: string, text: string): void {
  const beside = `${path}.new`;
  writeFileSync(beside, text, { mode: 0o600 });
  renameSync(beside, path);
}

export function keep(folder: string, kept: Kept): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writePrivate(join(folder, "sample.json"), `${JSON.stringify(kept, null, 2)}\n`);
}

/** Whether a sample that is still running has written its number here. */
export function isInUse(folder: string): boolean {
  const path = join(folder, "running.pid");
  const pid = existsSync(path) ? Number(readFileSync(path, "utf8")) : 0;
  if (!Number.isInteger(pid) || pid < 2 || pid === process.pid) return false;
  try {
    // Signal 0 only asks whether the process is there.
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
