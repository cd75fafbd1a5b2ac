import type { Session } from "@postern/sdk";
import { nameText } from "../../entity-name.ts";
import { toneOf } from "../../output/colour.ts";
import type { Column } from "../../output/output.ts";
import { when } from "../../output/time.ts";

export function columns(now: number): readonly Column<Session>[] {
  return [
    { heading: "ID", cell: ({ id }) => id },
    { heading: "STATE", cell: ({ state }) => ({ text: state, tone: toneOf(state) }) },
    { heading: "SUBJECT", cell: ({ subject }) => nameText(subject) },
    { heading: "DEVICE", cell: ({ device }) => nameText(device) },
    { heading: "ACR", cell: ({ acr, amr }) => (amr.length === 0 ? acr : `${acr} (${amr.join(" ")})`) },
    { heading: "SIGNED IN", cell: ({ authTime }) => when(authTime, now) },
    { heading: "ENDS", cell: ({ expiresAt }) => when(expiresAt, now) },
  ];
}
