import type { Session, SessionDetail, SessionLimit } from "@postern/sdk";
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
    { heading: "ACTIVE", cell: ({ activeAt }) => when(activeAt, now) },
    { heading: "END", cell: (session) => when(endOf(session), now) },
    { heading: "ENDED BY", cell: ({ endedBy }) => endedBy ?? "–" },
  ];
}

/** When it ended, or the earlier of its ends. */
function endOf({ revokedAt, inactivityEndsAt, expiresAt }: Session): string {
  if (revokedAt !== null) return revokedAt;
  return inactivityEndsAt !== null && Date.parse(inactivityEndsAt) < Date.parse(expiresAt)
    ? inactivityEndsAt
    : expiresAt;
}

type Cell = ReturnType<Column<Session>["cell"]>;

export function detail(session: SessionDetail, now: number): readonly (readonly [string, Cell])[] {
  const { seen, limits, optOut } = session;
  return [
    ...columns(now).map(({ heading, cell }) => [heading.toLowerCase(), cell(session)] as const),
    ["browser", [seen?.browser, seen?.system, seen?.deviceKind].filter(Boolean).join(", ") || "not seen"],
    ["from", [seen?.country, seen?.network].filter(Boolean).join(", ") || "not seen"],
    ["inactivity", limits.inactivity === null ? "none" : limit(limits.inactivity, session, now)],
    ["overall", limit(limits.overall, session, now)],
    [
      "opt-out",
      optOut === null
        ? "none"
        : `${optOut.id} (${optOut.inactivity ?? "no inactivity timeout"}) until ${when(optOut.until, now)}`,
    ],
    ["shared", session.shared === null ? "nobody has said" : session.shared ? "yes" : "no"],
    ["registered by", session.registeredBy],
  ];
}

/** Of a session that is over, no end to come. */
function limit({ length, setBy, profile, endsAt }: SessionLimit, { state }: Session, now: number): string {
  const by = `${length} by ${profile === null ? setBy : `${profile} (${setBy})`}`;
  return state === "live" ? `${by}, ends ${when(endsAt, now)}` : by;
}
