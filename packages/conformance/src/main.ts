import { runProfile } from "./authzen-profiles/run.ts";
import { runAuthzenTodo } from "./authzen-todo/run.ts";
import { runAuthzenSearch } from "./authzen-todo/search.ts";
import { runCel } from "./cel.ts";
import { findMaterial } from "./material.ts";
import { merkleDirectory, runMerkle } from "./merkle.ts";
import {
  authzenSection,
  celSection,
  merkleSection,
  profileSection,
  type Section,
  searchSection,
  seceventsSection,
  streamsSection,
  webhooksSection,
} from "./report.ts";
import { runSecevents } from "./secevents/examples.ts";
import { runStreams } from "./secevents/streams.ts";
import { runWebhooks } from "./webhooks.ts";

// Runs every suite of other people's that Postern is held to. Exits 1 where anything is wrong or absent.

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function section(title: string, run: () => Promise<Section>): Promise<boolean> {
  try {
    const { lines, right } = await run();
    for (const line of lines) print(line);
    print(right ? "  as it should be" : "  WRONG");
    print("");
    return right;
  } catch (error) {
    print(title);
    print(`  could not be run: ${error instanceof Error ? error.message : String(error)}`);
    print("");
    return false;
  }
}

const material = findMaterial(process.env);
print(`material: ${material.directory} (${material.from})`);
print("");
if (!material.present) {
  print("the material is absent; name its folder in POSTERN_CONFORMANCE_DIR");
  process.exit(1);
} else {
  const { directory } = material;
  const results = [
    await section("AuthZEN to-do interop, over HTTP", async () =>
      authzenSection(await runAuthzenTodo(directory)),
    ),
    await section("AuthZEN search on the to-do interop, over HTTP", async () =>
      searchSection(await runAuthzenSearch(directory)),
    ),
    await section("AuthZEN Access Request and Approval Profile, over HTTP", async () =>
      profileSection("access-request", await runProfile("access-request")),
    ),
    await section("AuthZEN Obligations Profile, over HTTP", async () =>
      profileSection("obligations", await runProfile("obligations")),
    ),
    await section("RFC 6962 proofs", async () => merkleSection(await runMerkle(merkleDirectory(directory)))),
    await section("Standard Webhooks, over HTTP", async () => webhooksSection(await runWebhooks())),
    await section("Security events of SSF, CAEP and RISC 1.0", async () =>
      seceventsSection(await runSecevents(directory)),
    ),
    await section("Shared Signals streams, our receiver against our transmitter, over HTTP", async () =>
      streamsSection(await runStreams()),
    ),
    await section("CEL, through the closures that decisions use", async () => celSection(runCel())),
  ];
  const wrong = results.filter((right) => !right).length;
  print(
    wrong === 0 ? "conformance: all suites pass" : `conformance: ${wrong} of ${results.length} suites fail`,
  );
  process.exit(wrong === 0 ? 0 : 1);
}
