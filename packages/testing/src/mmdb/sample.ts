import { writeMmdb } from "./write-mmdb.ts";

/** Where networks of the documentation ranges lie (RFC 5737, RFC 3849): Oslo, Auckland and, told roughly, Norway. */
export function samplePlaces(): Buffer {
  const oslo = placed("NO", 59.91, 10.75, 20);
  return writeMmdb({
    ipVersion: 6,
    type: "Sample-City",
    networks: {
      "203.0.113.0/24": oslo,
      "203.0.113.128/25": placed("NO", 60.4, 5.3, 500),
      "198.51.100.0/24": placed("NZ", -36.85, 174.76, 50),
      "2001:db8:1::/48": oslo,
      // Known to be abroad, and no more.
      "192.0.2.0/24": { country: { iso_code: "SE" } },
    },
  });
}

/** Whose they are. */
export function sampleProviders(): Buffer {
  return writeMmdb({
    ipVersion: 4,
    type: "Sample-ASN",
    networks: {
      "203.0.113.0/24": { autonomous_system_number: 64_496, autonomous_system_organization: "Fjord Net" },
      "198.51.100.0/24": { autonomous_system_number: 64_511, autonomous_system_organization: "Kea" },
    },
  });
}

function placed(country: string, latitude: number, longitude: number, radius: number) {
  return {
    country: { iso_code: country, names: { en: country } },
    location: { latitude, longitude, accuracy_radius: radius },
  };
}
