import type { PolicyStatus } from "@postern/sdk";
import { type Command, command } from "../../command.ts";
import { printable } from "../../output/table.ts";
import { observationText } from "./observation-text.ts";

export const status: Command = command({
  name: "policy status",
  summary: "say what is in force, and what is observed and until when",
  operands: {},
  options: {},
  examples: [{ about: "what is still only observed", line: "postern policy status" }],
  run: async (run) => {
    const client = await run.client();
    const found = await client.policy.status({ signal: run.context.signal });
    run.out.show(found, () => statusText(found));
    return undefined;
  },
});

function statusText({ active, observed, observation }: PolicyStatus): string {
  const lines = [active === null ? "No policy is in force." : `In force: ${active}`];
  for (const one of observed)
    lines.push(`${one.kind} ${one.name} (${one.owner}): ${TOLD[one.state](one.observeUntil ?? "")}`);
  if (observed.length === 0 && active !== null) lines.push("Nothing in it is only observed.");
  const text = `${lines.map(printable).join("\n")}\n`;
  return observation === null ? text : `${text}\n${observationText(observation)}`;
}

const TOLD: Readonly<Record<PolicyStatus["observed"][number]["state"], (until: string) => string>> = {
  observing: (until) => `observed until ${until}`,
  "without-end": () => "observed without an end: nothing ever enforces it",
  "in-force": (until) => `in force since ${until}; say so with \`mode: enforce\``,
  overdue: (until) => `overdue since ${until}: it waives nothing until somebody enforces it`,
};
