import { createHmac, type KeyObject } from "node:crypto";
import {
  canonicalAddress,
  type FeatureValues,
  type Instant,
  type KeyedHash,
  networkOf,
  type PlacedAt,
  type Sighting,
  sightingOf,
} from "@postern/core";
import type { ClientData, ClientSeen } from "../ports/client-data.ts";

/** Where something comes from: all of it, or the network alone. */
export interface Origin {
  readonly client: ClientSeen | null;
  readonly network: string | null;
  readonly device: string | null;
}

export interface SeenFrom {
  readonly sighting: Sighting;
  readonly placed: PlacedAt | null;
  /** What known bad networks are looked for by; null: nothing is known. */
  readonly address: string | null;
}

export function keyedHash(key: KeyObject): KeyedHash {
  return (text) => createHmac("sha256", key).update(text, "utf8").digest().readUInt32BE(0);
}

const HOURS_TOGETHER = 2;
const LONGEST_AGENT = 512;

/** Changes when a time of day does: signals are worked out anew by then. */
export function timeBucket(at: Instant): number {
  return Math.floor(at / (HOURS_TOGETHER * 3_600_000));
}

/** The same for origins of which the same is seen. As JSON, so that no text runs into the next one. */
export function originKey({ client, network, device }: Origin, at: Instant, more: string): string {
  const from = client === null ? network : [client.address, client.agent?.slice(0, LONGEST_AGENT) ?? null];
  return JSON.stringify([from, device, timeBucket(at), more]);
}

export function seenFrom(from: Origin, at: Instant, hash: KeyedHash, data: ClientData | null): SeenFrom {
  const { client, network, device } = from;
  const address = client === null ? null : canonicalAddress(client.address);
  const around = networkOf(client?.address ?? network?.replace(/\/\d+$/, "") ?? "");
  const told = client === null ? null : (data?.address(client.address) ?? null);
  const agent = client?.agent?.slice(0, LONGEST_AGENT) ?? null;
  const parts = agent === null ? null : (data?.agent(agent) ?? null);
  const values: Record<keyof FeatureValues, string | null> = {
    address,
    network: around,
    asn: told?.asn ?? null,
    country: told?.country ?? null,
    agent,
    browser: parts?.browser ?? null,
    system: parts?.system ?? null,
    deviceKind: parts?.deviceKind ?? null,
    device,
    hour: String(timeBucket(at) % (24 / HOURS_TOGETHER)),
  };
  const known = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== null);
  const place = told?.place ?? null;
  return {
    sighting: sightingOf(Object.fromEntries(known), hash),
    placed: place === null ? null : { place, at },
    address: client?.address ?? network,
  };
}
