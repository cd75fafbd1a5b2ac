import { timingSafeEqual } from "node:crypto";
import { type DeviceRef, type Instant, isId, type Session } from "@postern/core";
import type { Directory } from "../entities/directory.ts";

/**
 * What a browser carries for a minute after it proved its key: that this device did so in this session, and when.
 * Kept by nobody here, so that every node reads it; worth nothing in another session or once the minute is over.
 */
export function proofCookie(
  { blind }: Pick<Directory, "blind">,
  device: DeviceRef,
  session: Session["id"],
  provedAt: Instant,
): string {
  return `${device}.${provedAt}.${macOf(blind, device, session, provedAt)}`;
}

const LONGEST = 160;

/** When the device of this session proved its key, by what was presented; null: it says nothing of it. */
export function provedAtOf(
  { blind }: Pick<Directory, "blind">,
  { id, device }: Pick<Session, "id" | "device">,
  presented: string | null | undefined,
): Instant | null {
  if (device === null || presented === null || presented === undefined || presented.length > LONGEST)
    return null;
  const [named = "", at = "", mac = "", more] = presented.split(".");
  if (more !== undefined || named !== device || !isId("dev", named) || !/^\d{1,15}$/.test(at)) return null;
  const provedAt = Number(at) as Instant;
  const [a, b] = [Buffer.from(mac), Buffer.from(macOf(blind, named, id, provedAt))];
  return a.length === b.length && timingSafeEqual(a, b) ? provedAt : null;
}

function macOf(blind: Directory["blind"], device: string, session: string, at: number): string {
  return blind({ type: "device-proof", id: `${device} ${session} ${at}` });
}
