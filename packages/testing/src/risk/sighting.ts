import { type Day, dayOf, instant, type KeyedHash, type Sighting, sightingOf } from "@postern/core";
import type { SignIn } from "./sign-in.ts";

export function dayOfSignIn({ at }: Pick<SignIn, "at">): Day {
  return dayOf(instant(at));
}

export function sightingOfSignIn(row: SignIn): Sighting {
  const name = (text: string): string => text.replace(/ [\d.]+$/, "");
  return sightingOf(
    {
      address: row.address,
      network: row.address.includes(":")
        ? row.address.split(":").slice(0, 3).join(":")
        : row.address.split(".").slice(0, 3).join("."),
      asn: String(row.asn),
      country: row.country,
      agent: row.agent,
      browser: name(row.browser),
      system: row.system,
      deviceKind: row.deviceType,
      hour: String(Math.floor((row.at % 86_400_000) / 7_200_000)),
    },
    HASH,
  );
}

const HASH: KeyedHash = (text) => {
  let hash = 0x811c_9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};
