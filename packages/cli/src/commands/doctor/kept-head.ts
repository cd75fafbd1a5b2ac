import { createClient } from "@postern/sdk";
import type { Context } from "../../context.ts";
import { messageOf } from "../../failure.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

/** The newest head that the server signs, against the one kept in a file outside its database. */
export async function keptHeadFindings(
  context: Context,
  url: string,
  file: string,
): Promise<readonly Finding[]> {
  if (!(await context.files.exists(file))) return [];
  const { parseCheckpoint, parseNote } = await import("@postern/ledger");
  try {
    const kept = parseCheckpoint(parseNote(await context.files.read(file)).text);
    const client = createClient({ url, fetch: context.fetch, timeout: 5_000 });
    const served = parseCheckpoint(
      parseNote(await client.ledger.checkpoint({ signal: context.signal })).text,
    );
    if (kept.origin !== served.origin) {
      return [
        warn(
          "kept head",
          `\`${file}\` is of ${kept.origin}, the server is ${served.origin}`,
          "look at the head file of this server (POSTERN_HEAD_FILE)",
        ),
      ];
    }
    if (served.size < kept.size) {
      return [
        fail(
          "kept head",
          `the database holds ${served.size} entries, but ${kept.size} were signed`,
          "an older database was put back: restore the newest one",
        ),
      ];
    }
    const same = served.size > kept.size || served.root.every((byte, at) => byte === kept.root[at]);
    return [
      same
        ? ok("kept head", `the database is not behind the last signed head (${kept.size} entries)`)
        : fail(
            "kept head",
            "the database holds other entries than were signed",
            "export and verify the ledger with --held",
          ),
    ];
  } catch (error) {
    return [
      warn(
        "kept head",
        `\`${file}\` could not be compared: ${messageOf(error)}`,
        "look whether this machine may read it",
      ),
    ];
  }
}
