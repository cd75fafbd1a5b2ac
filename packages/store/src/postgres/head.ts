import { instant } from "@postern/core";
import type { Head } from "@postern/service";
import type { Row } from "./connection.ts";
import { number } from "./writer.ts";

export const HEAD = "size, range, epoch, at, digests, mac, batch";
export const CLOCK = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now";

/** Null until the first append. */
export function headOf(row: Row): Head | null {
  if (row.batch === null) return null;
  return {
    size: number(row, "size"),
    range: new Uint8Array(row.range as Uint8Array),
    epoch: number(row, "epoch"),
    at: instant(number(row, "at")),
    digests: String(row.digests),
    mac: new Uint8Array(row.mac as Uint8Array),
    batch: String(row.batch),
  };
}
