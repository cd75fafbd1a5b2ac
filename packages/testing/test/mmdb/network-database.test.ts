import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError, clientDataOf } from "@postern/server";
import { type MmdbContent, samplePlaces, sampleProviders, writeMmdb } from "@postern/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const directory = mkdtempSync(join(tmpdir(), "postern-networks-"));
const kept = (name: string, bytes: Uint8Array): string => {
  const file = join(directory, name);
  writeFileSync(file, bytes);
  return file;
};
const read = (...files: readonly string[]) => clientDataOf({ networkDatabase: files });
const NOTHING = { asn: null, country: null, place: null };

let places = "";
let providers = "";
beforeAll(() => {
  places = kept("places.mmdb", samplePlaces());
  providers = kept("providers.mmdb", sampleProviders());
});
afterAll(() => rmSync(directory, { recursive: true }));

describe("an operator's network database", () => {
  it("says country, place with its radius and provider, each from the file that has it", () => {
    expect(read(places, providers).address("203.0.113.7")).toEqual({
      asn: "AS64496",
      country: "NO",
      place: { latitude: 59.91, longitude: 10.75, radius: 20 },
    });
  });

  it("says the narrower network where two overlap", () => {
    const { place } = read(places).address("203.0.113.200");
    expect(place).toEqual({ latitude: 60.4, longitude: 5.3, radius: 500 });
  });

  it("knows IPv6 networks, and IPv4 addresses that are written as IPv6", () => {
    const data = read(places);
    expect(data.address("2001:db8:1:2::9").country).toBe("NO");
    expect(data.address("2001:DB8:1::1").country).toBe("NO");
    expect(data.address("2001:db8:2::9")).toEqual(NOTHING);
    expect(data.address("::ffff:198.51.100.9").country).toBe("NZ");
  });

  it("reads no IPv6 address in a file of IPv4 networks", () => {
    const whole = kept(
      "whole.mmdb",
      writeMmdb({ ...content({}), networks: { "32.0.0.0/3": { country: { iso_code: "SE" } } } }),
    );
    expect(read(whole).address("32.1.13.184").country).toBe("SE");
    expect(read(whole).address("2001:db8::1")).toEqual(NOTHING);
  });

  it.each(["10.0.0.1", "192.168.1.1", "127.0.0.1", "::1", "fd00::1", "8.8.8.8"])(
    "says nothing of %s, which is private or unknown",
    (address) => {
      expect(read(places, providers).address(address)).toEqual(NOTHING);
    },
  );

  it.each(["", "unknown", "203.0.113.0/24", "203.0.113", "203.0.113.7.example"])(
    "says nothing of `%s`, which is no address",
    (text) => {
      expect(read(places).address(text)).toEqual(NOTHING);
    },
  );

  it("says a country without a place where that is all there is", () => {
    expect(read(places).address("192.0.2.1")).toEqual({ ...NOTHING, country: "SE" });
  });

  it.each([
    [{ country: { iso_code: "Norway" } }],
    [{ country: "NO" }],
    [{ location: { latitude: 91.5, longitude: 0, accuracy_radius: 1 } }],
    [{ location: { latitude: 60, longitude: 5 } }],
    [{ autonomous_system_number: "AS1" }],
    [{ autonomous_system_number: 0 }],
    [["NO"]],
    ["NO"],
  ])("takes nothing from a record that says %j", (record) => {
    const file = kept("odd.mmdb", writeMmdb({ ...content({}), networks: { "203.0.113.0/24": record } }));
    expect(read(file).address("203.0.113.7")).toEqual(NOTHING);
  });

  it("does without a file, and still knows browsers", () => {
    expect(read().address("203.0.113.7")).toEqual(NOTHING);
    expect(read().agent("curl/8.5.0").browser).not.toBe("Firefox");
  });
});

describe("a file that is no network database", () => {
  const refused = (bytes: Uint8Array) => expect(() => read(kept("bad.mmdb", bytes))).toThrow(ConfigError);

  it("is refused where it is missing, and each such file is named", () => {
    const missing = [join(directory, "none.mmdb"), join(directory, "nor-this.mmdb")];
    expect(() => read(...missing)).toThrow(/none\.mmdb`\n.*nor-this\.mmdb/);
  });

  it("is refused where it is empty, or something else", () => {
    refused(Buffer.alloc(0));
    refused(Buffer.from("country,NO\n"));
  });

  it("is refused wherever it was cut off", () => {
    const whole = samplePlaces();
    for (let length = 0; length < whole.length; length += 7) refused(whole.subarray(0, length));
  });

  it("is refused where its beginning is gone", () => {
    for (const gone of [1, 6, 60]) refused(samplePlaces().subarray(gone));
  });

  it("is refused where a node leads out of it", () => {
    const bytes = samplePlaces();
    bytes.fill(0xff, 0, 6);
    refused(bytes);
  });

  it("says nothing, and never fails, where a record is damaged", () => {
    const whole = samplePlaces();
    const separator = whole.indexOf(Buffer.alloc(16));
    const mark = whole.indexOf("MaxMind.com") - 3;
    for (let at = separator + 16; at < mark; at += 3) {
      const bytes = Buffer.from(whole);
      bytes[at] = 0xff;
      const data = read(kept("damaged.mmdb", bytes));
      for (const address of ["203.0.113.7", "198.51.100.9", "192.0.2.1"]) {
        const { place, country } = data.address(address);
        expect(place === null || Number.isFinite(place.latitude)).toBe(true);
        expect(country === null || /^[A-Z]{2}$/.test(country)).toBe(true);
      }
    }
  });
});

describe("the text of a browser", () => {
  const { agent } = clientDataOf({ networkDatabase: [] });
  const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
  const IPHONE =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";

  it("says its family, system and kind of device", () => {
    expect(agent(FIREFOX)).toEqual({ browser: "Firefox", system: "Linux", deviceKind: "desktop" });
    expect(agent(IPHONE)).toEqual({ browser: "Safari", system: "iOS", deviceKind: "mobile" });
  });

  it("says the same of the next version", () => {
    expect(agent(FIREFOX.replaceAll("140.0", "141.0"))).toEqual(agent(FIREFOX));
  });

  it("says nothing where there is none, or one that is too long", () => {
    const nothing = { browser: null, system: null, deviceKind: null };
    expect(agent("")).toEqual(nothing);
    expect(agent(`Firefox/140.0 ${"x".repeat(600)}`)).toEqual(nothing);
    expect(agent("-")).toEqual(nothing);
  });
});

function content(networks: MmdbContent["networks"]): MmdbContent {
  return { ipVersion: 4, type: "Test", networks };
}
