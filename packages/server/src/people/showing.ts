import type { Caller, OfferView, OptOutView } from "@postern/service";
import type { Wiring } from "../wiring.ts";
import type { Exchange } from "./exchange.ts";
import type { Visit } from "./people-sessions.ts";
import { isOver, openingOf } from "./view.ts";

/** Rows of a person's list: they have at most 50 live ones of a control, and see the newest of the rest. */
export const MOST_ROWS = 200;

export interface Showing {
  readonly exchange: Exchange;
  readonly visit: Visit;
  readonly wiring: Wiring;
}

export function callerOf(visit: Visit): Caller {
  return { kind: "session", session: visit.session };
}

export async function offersFor({
  visit,
  wiring: { service },
}: Showing): ReturnType<Wiring["service"]["optOuts"]["offers"]> {
  const device = service.sessions.deviceOf(visit.session);
  return await service.optOuts.offers(callerOf(visit), device === null ? {} : { device });
}

export function isOwn({ holder }: OptOutView): boolean {
  return holder.kind !== "anonymous" && holder.subject !== null && holder.subject !== undefined;
}

export function forPeople({ holders, disclosures }: OfferView): boolean {
  return holders.some((kind) => kind !== "anonymous") && Object.keys(disclosures).length > 0;
}

/** What a person chose of it, and counts or would count where they are: the newest that is in force, or waits. */
export async function timeOutChosen({ visit, wiring: { service } }: Showing): Promise<OptOutView | null> {
  const caller: Caller = { kind: "session", session: visit.session };
  const held = await service.optOuts.list(caller, { limit: MOST_ROWS, control: "session-timeout" });
  if (!held.ok) return null;
  const standing = held.value.items.filter((view) => {
    const opening = openingOf(view, visit.session, service);
    return isOwn(view) && !isOver(opening) && opening.where.kind !== "other-device";
  });
  return standing.find(({ state }) => state !== "pending") ?? standing[0] ?? null;
}
