import { backUpDatabase, backUpDirectory } from "@postern/store";
import type { Config } from "./config/settings.ts";

/**
 * Copies data and keyring of a Postern that runs, into a folder. The signed head and the ends are not in it: they are
 * kept outside the database for what happens after a backup.
 */
export async function backUp(config: Config, to: string): Promise<void> {
  if (config.databaseUrl === null) await backUpDirectory(config.dataDir, to);
  else await backUpDatabase(config.databaseUrl, to);
}
