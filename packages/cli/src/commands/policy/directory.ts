import type { Context } from "../../context.ts";
import { EXIT } from "../../exit-code.ts";
import { CommandError, messageOf } from "../../failure.ts";

export interface DirectoryFile {
  /** Relative to the directory, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

const POLICY_FILE = /\.(ya?ml|json)$/;

/** The policy files below a directory, tests too. Throws `CommandError` where there are none or it cannot be read. */
export async function policyFiles({ files }: Context, directory: string): Promise<readonly DirectoryFile[]> {
  try {
    const paths = (await files.below(directory)).filter((path) => POLICY_FILE.test(path));
    if (paths.length === 0) {
      throw new CommandError(
        EXIT.usage,
        `no .yaml or .json files below \`${directory}\``,
        "name the policy directory",
      );
    }
    return await Promise.all(
      paths.map(async (path) => ({ path, text: await files.read(`${directory}/${path}`) })),
    );
  } catch (error) {
    if (error instanceof CommandError) throw error;
    if (error instanceof Error && "code" in error && error.code === "ENOTDIR") {
      throw new CommandError(EXIT.usage, `expected a directory, got the file \`${directory}\``);
    }
    throw new CommandError(EXIT.usage, `\`${directory}\` cannot be read: ${messageOf(error)}`);
  }
}
