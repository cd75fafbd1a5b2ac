import { type Command, command } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";
import { count } from "../../moment.ts";

export const coverage: Command = command({
  name: "policy coverage",
  summary: "show what was asked for at a node, and what governs it; the ungoverned first",
  details:
    "Paths are folded to templates. Exit code 1 where something that was asked for is governed by nothing.",
  operands: {},
  options: {
    ungoverned: { type: "flag", about: "only what nothing governs" },
    limit: { type: "text", value: "<n>", about: "at most so many (default 50)" },
  },
  examples: [{ about: "what nobody thought of", line: "postern policy coverage --ungoverned" }],
  run: async (run, { options }) => {
    const { context, out } = run;
    const client = await run.client();
    const found = await client.policy.coverage(
      {
        ...(options.ungoverned ? { ungoverned: true } : {}),
        ...(options.limit === undefined ? {} : { limit: count(options.limit, "--limit") }),
      },
      { signal: context.signal },
    );
    if (out.format === "json") out.show(found, () => "");
    else
      out.list(
        found.items,
        [
          { heading: "ACTION", cell: ({ action }) => action },
          { heading: "RESOURCE", cell: ({ resource }) => resource },
          {
            heading: "GOVERNED BY",
            cell: ({ governed, protections, observed }) =>
              governed
                ? protections.join(", ")
                : {
                    text: observed.length === 0 ? "nothing" : `nothing; observed: ${observed.join(", ")}`,
                    tone: "gap",
                  },
          },
          { heading: "SEEN", cell: ({ seen }) => String(seen) },
          { heading: "UNGOVERNED", cell: ({ ungoverned }) => String(ungoverned) },
        ],
        "nothing was asked for since this node started, or since policy changed",
      );
    if (found.ungoverned > 0)
      out.note(`${found.ungoverned} ${found.ungoverned === 1 ? "way is" : "ways are"} seen but ungoverned`);
    if (found.unseen.length > 0) out.note(`Protections that nothing came under: ${found.unseen.join(", ")}`);
    return found.ungoverned > 0 ? EXIT.unexpected : EXIT.ok;
  },
});
