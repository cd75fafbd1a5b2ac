export { type DescribedSetting, describeConfig } from "./config/describe.ts";
export {
  ConfigError,
  type ConfigSources,
  configWith,
  type LoadedConfig,
  loadConfig,
  type Origin,
} from "./config/load.ts";
export type { ServeMode } from "./config/mode.ts";
export { type Config, SETTING_KEYS, SETTINGS, type Setting } from "./config/settings.ts";
