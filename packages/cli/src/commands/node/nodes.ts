import type { NodeList } from "@postern/sdk";
import { type Command, command } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";
import { UsageError } from "../../failure.ts";
import { toneOf } from "../../output/colour.ts";
import { when } from "../../output/time.ts";

export const nodes: Command = command({
  name: "nodes",
  summary: "show the nodes over one database: how far each is, and until when it may honour",
  details:
    "With --entry it says whether an entry, such as a revocation, is in effect everywhere: exit code 0 where it is, 1 where\n" +
    "a node has yet to confirm it. An embedded node is alone and lists none.",
  operands: {},
  options: {
    entry: { type: "text", value: "<n>", about: "an index in the ledger: in effect everywhere, or not yet" },
  },
  examples: [
    { about: "who is here", line: "postern nodes" },
    { about: "whether entry 4112 is in effect everywhere", line: "postern nodes --entry 4112" },
  ],
  run: async (run, { options }) => {
    const { context, out } = run;
    const entry = options.entry === undefined ? undefined : index(options.entry, "entry");
    const client = await run.client();
    const found = await client.nodes.list({
      signal: context.signal,
      ...(entry === undefined ? {} : { entry }),
    });
    const now = context.now();
    if (entry !== undefined) {
      out.record(found, [
        ["entry", String(entry)],
        ["in effect", effect(found, now)],
        ["nodes", `${found.nodes.filter(({ live }) => live).length} live`],
      ]);
      return (found.inEffect ?? null) === null ? EXIT.unexpected : EXIT.ok;
    }
    out.list(
      found.nodes,
      [
        { heading: "NODE", cell: ({ node, self }) => (self ? `${node} (answers)` : node) },
        { heading: "ENTRIES", cell: ({ size }) => String(size) },
        { heading: "LEASE ENDS", cell: ({ leaseEndsAt }) => when(leaseEndsAt, now) },
        {
          heading: "STATE",
          cell: ({ live }) =>
            live
              ? { text: "live", tone: toneOf("active") }
              : { text: "gone or cut off: it honours nothing", tone: toneOf("fail") },
        },
      ],
      "one embedded node",
    );
    if (found.loss !== null) out.note(lossText(found.loss));
    return EXIT.ok;
  },
});

export function lossText({ known, has, lost }: NonNullable<NodeList["loss"]>): string {
  return `the database has ${has} entries, and this node knew ${known}: ${lost} are lost`;
}

function effect({ inEffect }: NodeList, now: number): string {
  return inEffect === null || inEffect === undefined
    ? "not yet on every node"
    : `everywhere, ${when(inEffect, now)}`;
}

export function index(text: string, option: string): number {
  const number = Number(text);
  if (!/^\d{1,15}$/.test(text))
    throw new UsageError(`expected a whole number for --${option}, got \`${text}\``);
  return number;
}
