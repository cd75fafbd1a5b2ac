import type { Key } from "@postern/sdk";
import type { Column } from "../../output/output.ts";
import { when } from "../../output/time.ts";

export function columns(now: number): readonly Column<Key>[] {
  return [
    { heading: "KEY", cell: ({ name }) => name },
    { heading: "EPOCH", cell: ({ epoch }) => String(epoch) },
    { heading: "SINCE", cell: ({ since }) => when(since, now) },
    { heading: "PUBLIC KEY", cell: ({ publicKey }) => publicKey ?? "–" },
  ];
}
