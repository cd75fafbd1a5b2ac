import { readFileSync } from "node:fs";
import { nearest } from "@postern/core";
import { type Config, SETTING_KEYS, SETTINGS } from "./settings.ts";

/** Where a value came from; later ones win: default, file, environment, flag. */
export type Origin =
  | { readonly from: "default" }
  | { readonly from: "file"; readonly name: string }
  | { readonly from: "environment"; readonly name: string }
  | { readonly from: "flag"; readonly name: string };

export interface LoadedConfig {
  readonly config: Config;
  readonly origins: ReadonlyMap<keyof Config, Origin>;
}

export interface ConfigSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** By flag name without dashes (`port`, `data-dir`, `master-key-file`, `config`). */
  readonly flags?: Readonly<Record<string, string | undefined>>;
}

/** Every mistake of a configuration at once. No message repeats a secret. */
export class ConfigError extends Error {
  readonly code = "config.refused";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** Names with the prefix that belong to the command line, the SDK and tests. */
const NOT_OURS = new Set([
  "POSTERN_CONFORMANCE_DIR",
  "POSTERN_URL",
  "POSTERN_TOKEN",
  "POSTERN_TOKEN_FILE",
  "POSTERN_CONFIG",
]);

interface Given {
  readonly text: string;
  readonly origin: Origin;
}

/**
 * Reads the configuration: file (`--config`, `POSTERN_CONFIG`; JSON) < environment < flag.
 *
 * @throws ConfigError naming every unknown, doubled or unreadable setting.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const problems: string[] = [];
  const given = new Map<keyof Config, Given>();
  const flags = sources.flags ?? {};
  const file = flags.config ?? sources.env.POSTERN_CONFIG;
  if (file !== undefined) readFile(file, given, problems);
  readLayer("environment", sources.env, (key) => SETTINGS[key].env, "_FILE", given, problems);
  readLayer("flag", flags, (key) => SETTINGS[key].flag, "-file", given, problems);
  refuseUnknown(sources, problems);

  const origins = new Map<keyof Config, Origin>();
  const value = <Key extends keyof Config>(key: Key): Config[Key] => {
    const setting = SETTINGS[key];
    const found = given.get(key);
    origins.set(key, found?.origin ?? { from: "default" });
    if (found === undefined) return setting.fallback;
    const read = setting.read(found.text);
    if (read.ok) return read.value;
    problems.push(`${placeOf(key, found.origin)}: ${read.refusal}`);
    return setting.fallback;
  };
  const config = assemble(value);
  if (config.logNames && config.mode !== "development") {
    problems.push("POSTERN_LOG_NAMES: expected `false` unless the mode is `development`, got `true`");
  }
  for (const [one, other] of [
    ["smtpUrl", "mailFrom"],
    ["webhookUrl", "webhookSecret"],
  ] as const) {
    if ((config[one] === null) !== (config[other] === null))
      problems.push(
        `${SETTINGS[one].env}: expected it together with ${SETTINGS[other].env}, got one of them`,
      );
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { config, origins };
}

/** The defaults with some values changed, for programs that embed Postern. */
export function configWith(changes: Partial<Config>): Config {
  const value = <Key extends keyof Config>(key: Key): Config[Key] => changes[key] ?? SETTINGS[key].fallback;
  return assemble(value);
}

function assemble(value: <Key extends keyof Config>(key: Key) => Config[Key]): Config {
  return {
    mode: value("mode"),
    host: value("host"),
    port: value("port"),
    peoplePort: value("peoplePort"),
    gatewayPort: value("gatewayPort"),
    publicUrl: value("publicUrl"),
    peopleUrl: value("peopleUrl"),
    gatewayUrl: value("gatewayUrl"),
    upstream: value("upstream"),
    gatewayResource: value("gatewayResource"),
    trustedProxies: value("trustedProxies"),
    dataDir: value("dataDir"),
    databaseUrl: value("databaseUrl"),
    policyDir: value("policyDir"),
    masterKey: value("masterKey"),
    bootstrapToken: value("bootstrapToken"),
    origin: value("origin"),
    headFile: value("headFile"),
    witnesses: value("witnesses"),
    logLevel: value("logLevel"),
    decisionLines: value("decisionLines"),
    logNames: value("logNames"),
    smtpUrl: value("smtpUrl"),
    mailFrom: value("mailFrom"),
    mailAttribute: value("mailAttribute"),
    webhookUrl: value("webhookUrl"),
    webhookSecret: value("webhookSecret"),
    noticesGiveUpAfter: value("noticesGiveUpAfter"),
    parkedFormSize: value("parkedFormSize"),
    oidcClients: value("oidcClients"),
    upstreams: value("upstreams"),
    networkDatabase: value("networkDatabase"),
    signalTransmitters: value("signalTransmitters"),
  };
}

function readLayer(
  from: "environment" | "flag",
  values: Readonly<Record<string, string | undefined>>,
  nameOf: (key: keyof Config) => string,
  suffix: string,
  given: Map<keyof Config, Given>,
  problems: string[],
): void {
  for (const key of SETTING_KEYS) {
    const name = nameOf(key);
    const fileName = `${name}${suffix}`;
    const text = values[name];
    const file = SETTINGS[key].secret ? values[fileName] : undefined;
    if (text !== undefined && file !== undefined) {
      problems.push(`${name}: expected it or ${fileName}, got both`);
    } else if (text !== undefined) {
      given.set(key, { text, origin: { from, name } });
    } else if (file !== undefined) {
      const read = readSecret(file);
      if (read === null) problems.push(`${fileName}: expected a readable file`);
      else given.set(key, { text: read, origin: { from, name: fileName } });
    }
  }
}

function readSecret(file: string): string | null {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return null;
  }
}

function readFile(file: string, given: Map<keyof Config, Given>, problems: string[]): void {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    problems.push(
      `${file}: expected a JSON file (${cause instanceof SyntaxError ? "malformed" : "unreadable"})`,
    );
    return;
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    problems.push(`${file}: expected a JSON object`);
    return;
  }
  for (const [name, value] of Object.entries(content)) {
    const key = SETTING_KEYS.find((known) => known === name);
    const text = textOf(value);
    if (key === undefined) problems.push(`${file}: unknown setting \`${name}\`${meant(name, SETTING_KEYS)}`);
    else if (text === null)
      problems.push(`${file}: \`${name}\`: expected text, a number, a truth value or a list`);
    else given.set(key, { text, origin: { from: "file", name: file } });
  }
}

function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return Array.isArray(value) && value.every((item) => typeof item === "string") ? value.join(",") : null;
}

function refuseUnknown({ env, flags = {} }: ConfigSources, problems: string[]): void {
  const envNames = namesOf((key) => SETTINGS[key].env, "_FILE");
  for (const name of Object.keys(env)) {
    if (!name.startsWith("POSTERN_") || env[name] === undefined) continue;
    if (envNames.has(name) || NOT_OURS.has(name)) continue;
    problems.push(`unknown setting \`${name}\`${meant(name, [...envNames, "POSTERN_CONFIG"])}`);
  }
  const flagNames = namesOf((key) => SETTINGS[key].flag, "-file");
  for (const name of Object.keys(flags)) {
    if (flags[name] === undefined || flagNames.has(name) || name === "config") continue;
    problems.push(`unknown setting \`--${name}\`${meant(name, [...flagNames, "config"])}`);
  }
}

function namesOf(nameOf: (key: keyof Config) => string, suffix: string): ReadonlySet<string> {
  return new Set(
    SETTING_KEYS.flatMap((key) =>
      SETTINGS[key].secret ? [nameOf(key), `${nameOf(key)}${suffix}`] : [nameOf(key)],
    ),
  );
}

function meant(name: string, known: Iterable<string>): string {
  const close = nearest(name, known);
  return close === undefined ? "" : `; did you mean \`${close}\`?`;
}

function placeOf(key: keyof Config, origin: Origin): string {
  switch (origin.from) {
    case "file":
      return `${origin.name}: \`${key}\``;
    case "flag":
      return `--${origin.name}`;
    case "environment":
      return origin.name;
    case "default":
      return SETTINGS[key].env;
    default:
      return origin satisfies never;
  }
}
