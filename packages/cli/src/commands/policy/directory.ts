import { EXIT } from "../../exit-code.ts";
import { CommandError, messageOf } from "../../failure.ts";
import { printable } from "../../output/table.ts";
import type { Run } from "../../run.ts";

export interface DirectoryFile {
  /** Relative to the directory, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

const POLICY_FILE = /\.(ya?ml|json)$/;

/**
 * The policy files below a directory, tests too. JSON that is no policy is left out and named: it may hold secrets.
 * Throws `CommandError` where there are none or it cannot be read.
 */
export async function policyFiles(
  { context, out }: Pick<Run, "context" | "out">,
  directory: string,
): Promise<readonly DirectoryFile[]> {
  const { isKind, isTestFile } = await import("@postern/core");
  const { files } = context;
  try {
    const paths = (await files.below(directory)).filter((path) => POLICY_FILE.test(path));
    if (paths.length === 0) {
      throw new CommandError(
        EXIT.usage,
        `no .yaml or .json files below \`${directory}\``,
        "name the policy directory",
      );
    }
    const found = await Promise.all(
      paths.map(async (path) => ({ path, text: await files.read(`${directory}/${path}`) })),
    );
    const foreign = new Set<string>();
    for (const { path, text } of found) {
      if (!path.endsWith(".json") || isTestFile(path)) continue;
      const kinds = kindsOf(path, text);
      if (kinds.length === 0) foreign.add(path);
      else if (!kinds.every(isKind)) {
        throw new CommandError(
          EXIT.policyDoesNotCompile,
          `\`${path}\` has a \`kind\` that is no kind of policy`,
          "correct it, or keep it outside the policy directory",
        );
      }
    }
    if (foreign.size === paths.length) {
      throw new CommandError(
        EXIT.usage,
        `no policy below \`${directory}\`: its JSON files have no \`kind\``,
        "name the policy directory",
      );
    }
    for (const path of foreign) out.note(printable(`left out: ${path}, which has no \`kind\``));
    return found.filter(({ path }) => !foreign.has(path));
  } catch (error) {
    if (error instanceof CommandError) throw error;
    if (error instanceof Error && "code" in error && error.code === "ENOTDIR") {
      throw new CommandError(EXIT.usage, `expected a directory, got the file \`${directory}\``);
    }
    throw new CommandError(EXIT.usage, `\`${directory}\` cannot be read: ${messageOf(error)}`);
  }
}

/** What its documents say that they are. Whatever else is in a file stays out of messages. */
function kindsOf(path: string, text: string): readonly string[] {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new CommandError(
      EXIT.policyDoesNotCompile,
      `\`${path}\` is not JSON`,
      "correct it, or keep it outside the policy directory",
    );
  }
  return [read].flat().flatMap((one: unknown) => {
    if (typeof one !== "object" || one === null || !("kind" in one)) return [];
    return [typeof one.kind === "string" ? one.kind : ""];
  });
}
