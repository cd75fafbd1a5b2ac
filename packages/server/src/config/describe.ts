import { formatDuration } from "@postern/core";
import type { LoadedConfig, Origin } from "./load.ts";
import { type Config, SETTING_KEYS, SETTINGS } from "./settings.ts";

export interface DescribedSetting {
  readonly key: keyof Config;
  readonly env: string;
  readonly flag: string;
  readonly about: string;
  /** Null: not set. A secret reads `(secret)` unless it was asked for. */
  readonly value: string | null;
  readonly origin: string;
}

/** Every setting with its value and where that came from, in a stable order. */
export function describeConfig(
  loaded: LoadedConfig,
  options: { readonly redacted: boolean },
): readonly DescribedSetting[] {
  return SETTING_KEYS.map((key) => {
    const { env, flag, about, secret } = SETTINGS[key];
    const { noticesGiveUpAfter } = loaded.config;
    const text =
      key === "noticesGiveUpAfter" ? formatDuration(noticesGiveUpAfter) : textOf(loaded.config[key]);
    const value = secret && text !== null && options.redacted ? "(secret)" : text;
    return { key, env, flag, about, value, origin: originText(loaded.origins.get(key)) };
  });
}

function textOf(value: Config[keyof Config]): string | null {
  if (value === null) return null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return typeof value === "object" ? value.join(",") : String(value);
}

function originText(origin: Origin | undefined): string {
  if (origin === undefined || origin.from === "default") return "default";
  return origin.from === "flag" ? `flag --${origin.name}` : `${origin.from} ${origin.name}`;
}
