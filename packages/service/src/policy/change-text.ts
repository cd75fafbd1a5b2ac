import type { Change } from "@postern/core";

/** One change between two revisions, in a line. */
export function changeText({ kind, name, field, from, to }: Change): string {
  return `${kind} ${name}${field === null ? "" : ` ${field}`}: ${from ?? "nothing"} to ${to ?? "nothing"}`;
}
