import type { Device } from "@postern/sdk";
import { nameText } from "../../entity-name.ts";
import { toneOf } from "../../output/colour.ts";
import type { Column } from "../../output/output.ts";
import { when } from "../../output/time.ts";

export function columns(now: number): readonly Column<Device>[] {
  return [
    { heading: "ID", cell: ({ id }) => id },
    { heading: "STATE", cell: ({ state }) => ({ text: state, tone: toneOf(state) }) },
    { heading: "SUBJECT", cell: ({ subject }) => nameText(subject) },
    { heading: "NAME", cell: ({ label }) => label },
    { heading: "REGISTERED", cell: ({ registeredAt }) => when(registeredAt, now) },
    { heading: "ENDS", cell: ({ revokedAt, expiresAt }) => when(revokedAt ?? expiresAt, now) },
  ];
}
