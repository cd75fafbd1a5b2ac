/** Something that must not be found: a secret, or what names a person. */
export interface Canary {
  readonly what: string;
  readonly value: string;
}

/** Where it was looked for. */
export interface Place {
  readonly where: string;
  readonly text: string;
}

export interface Found {
  readonly what: string;
  readonly where: string;
  readonly encoding: string;
}

/** What base64 makes of a value that does not begin at a third byte, less what its neighbours decide. */
function shifted(value: Buffer, by: number, encoding: "base64" | "base64url"): string {
  const text = Buffer.concat([Buffer.alloc(by), value])
    .toString(encoding)
    .replaceAll("=", "");
  const whole = Math.floor(((by + value.length) * 8) / 6);
  return text.slice(by === 0 ? 0 : by + 1, whole);
}

function encodings(value: string): ReadonlyMap<string, string> {
  const bytes = Buffer.from(value);
  const made = new Map<string, string>([
    ["raw", value],
    ["json", JSON.stringify(value).slice(1, -1)],
    ["hex", bytes.toString("hex")],
    ["percent", encodeURIComponent(value)],
    ["every byte percent", [...bytes].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")],
  ]);
  for (const by of [0, 1, 2]) {
    made.set(`base64 at ${by}`, shifted(bytes, by, "base64"));
    made.set(`base64url at ${by}`, shifted(bytes, by, "base64url"));
  }
  return made;
}

/** Every canary in every place, in every encoding, without case. */
export function scan(canaries: readonly Canary[], places: readonly Place[]): readonly Found[] {
  const found: Found[] = [];
  const plain = places.map(({ where, text }) => ({ where, text: text.toLowerCase() }));
  for (const { what, value } of canaries) {
    if (value.length < 8) throw new TypeError(`the canary ${what} is too short to be told from chance`);
    for (const [encoding, text] of encodings(value)) {
      const wanted = text.toLowerCase();
      for (const place of plain)
        if (place.text.includes(wanted)) found.push({ what, where: place.where, encoding });
    }
  }
  return found;
}
