import { UsageError } from "../../failure.ts";
import type { Run } from "../../run.ts";
import { SETTING_OPTIONS } from "../serve/settings.ts";

type Place =
  | "config"
  | "data-dir"
  | "database-url-file"
  | "master-key-file"
  | "head-file"
  | "origin"
  | "mode";

/** The settings that say where a deployment keeps what it knows. */
export const PLACE_OPTIONS: Pick<typeof SETTING_OPTIONS, Place> = {
  config: SETTING_OPTIONS.config,
  "data-dir": SETTING_OPTIONS["data-dir"],
  "database-url-file": SETTING_OPTIONS["database-url-file"],
  "master-key-file": SETTING_OPTIONS["master-key-file"],
  "head-file": SETTING_OPTIONS["head-file"],
  origin: SETTING_OPTIONS.origin,
  mode: SETTING_OPTIONS.mode,
};

type Config = ReturnType<typeof import("@postern/server").loadConfig>["config"];

/** Throws `UsageError` for a configuration that is refused. */
export async function placeOf(
  { context }: Run,
  options: Readonly<Record<Place, string | undefined>>,
): Promise<Config> {
  const { ConfigError, loadConfig } = await import("@postern/server");
  const names = Object.keys(PLACE_OPTIONS) as Place[];
  try {
    const flags = Object.fromEntries(names.map((name) => [name, options[name]]));
    return loadConfig({ env: context.env, flags }).config;
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.problems.join("\n  "));
    throw error;
  }
}
