import type { Observation } from "@postern/sdk";
import { printable } from "../../output/table.ts";
import { blastText } from "./simulation-text.ts";

export function observationText(seen: Observation): string {
  const { revision, state, until, compared, notCompared, blast } = seen;
  const head = `${revision} is ${state === "observing" ? `observed until ${until}` : `observed no longer, since ${until}`}: ${compared} decisions of this node compared${notCompared === 0 ? "" : `, ${notCompared} came too fast`}; ${blast.changed} would be answered otherwise.`;
  return `${[printable(head), ...blastText(blast)].join("\n")}\n`;
}
