import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { PolicyFile } from "@postern/core";
import type { Service } from "@postern/service";
import type { Log } from "./log.ts";
import type { StartNotes } from "./routes/operations.ts";

const DOCUMENT = /\.(?:ya?ml|json)$/i;
const MOST_FILES = 1_000;

/** The first policy cannot be put in force: nothing would be protected as its author meant. */
export class PolicyDirectoryError extends Error {
  readonly code = "policy_directory.refused";
  readonly problems: readonly string[];
  constructor(message: string, problems: readonly string[]) {
    super([message, ...problems].join("\n"));
    this.name = "PolicyDirectoryError";
    this.problems = problems;
  }
}

/** The documents of a directory and those below it, by path with forward slashes, in a stable order. */
export function readPolicyDirectory(directory: string): readonly PolicyFile[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && DOCUMENT.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (file) =>
        !relative(directory, file)
          .split(sep)
          .some((part) => part.startsWith(".")),
    )
    .sort()
    .slice(0, MOST_FILES)
    .map((file) => ({
      path: relative(directory, file).split(sep).join("/"),
      text: readFileSync(file, "utf8"),
    }));
}

/**
 * At a first start the directory is published and put in force. Later it is only compared: what changes what people may
 * do is activated by someone, never by a restart.
 *
 * @throws PolicyDirectoryError where a first policy does not compile or cannot be read.
 */
export async function applyPolicyDirectory(
  directory: string | null,
  { policy }: Pick<Service, "policy">,
  log: Log,
): Promise<StartNotes["policyDir"]> {
  if (directory === null) return "none";
  let files: readonly PolicyFile[];
  try {
    files = readPolicyDirectory(directory);
  } catch {
    throw new PolicyDirectoryError(`expected a readable policy directory at \`${directory}\``, []);
  }
  const active = policy.active();
  if (active !== null) {
    if (policy.identify(files) === active) return "in-force";
    log.warn(
      { active },
      "the policy directory differs from the revision in force; publish and activate it to put it in force",
    );
    return "differs";
  }
  const begun = await policy.begin(files);
  if (!begun.ok) {
    const problems = (begun.refusal.errors ?? []).map(({ detail }) => detail);
    throw new PolicyDirectoryError(
      `the policy in \`${directory}\` was not put in force: ${begun.refusal.detail}`,
      problems,
    );
  }
  log.info({ revision: begun.value.id }, "the policy directory was put in force");
  return "in-force";
}
