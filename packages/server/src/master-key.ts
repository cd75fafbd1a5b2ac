import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MasterKeyError, type World } from "@postern/service";
import type { Config } from "./config/settings.ts";

const LENGTH = 32;

export interface MasterKey {
  readonly bytes: Uint8Array;
  readonly from: "given" | "generated";
}

/**
 * The deployment key: as configured, else (in development only) from `<data>/master.key`, which the first start makes,
 * readable by its owner alone.
 *
 * @throws MasterKeyError where there is none, or the file is open to others or damaged.
 */
export function masterKey(config: Config, world: Pick<World, "random">): MasterKey {
  if (config.masterKey !== null) return { bytes: config.masterKey, from: "given" };
  if (config.mode !== "development") {
    throw new MasterKeyError(
      "expected POSTERN_MASTER_KEY or POSTERN_MASTER_KEY_FILE; only a development deployment makes its own key",
    );
  }
  const file = join(config.dataDir, "master.key");
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  try {
    // `wx`: two processes that start at once never end up with two keys.
    writeFileSync(file, Buffer.from(world.random(LENGTH)).toString("base64"), { mode: 0o600, flag: "wx" });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new MasterKeyError(`expected \`${file}\` to be readable by its owner alone; run chmod 600`);
  }
  const bytes = Buffer.from(readFileSync(file, "utf8").trim(), "base64");
  if (bytes.length !== LENGTH) throw new MasterKeyError(`expected 32 bytes of base64 in \`${file}\``);
  return { bytes: new Uint8Array(bytes), from: "generated" };
}
