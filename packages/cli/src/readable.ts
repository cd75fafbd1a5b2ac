import type { Context } from "./context.ts";
import { EXIT } from "./exit-code.ts";
import { CommandError, messageOf } from "./failure.ts";

/** A file that was named on the command line. Throws `CommandError` where it cannot be read. */
export async function readable({ files }: Pick<Context, "files">, path: string): Promise<string> {
  try {
    return await files.read(path);
  } catch (error) {
    throw new CommandError(EXIT.usage, `\`${path}\` cannot be read: ${messageOf(error)}`);
  }
}
