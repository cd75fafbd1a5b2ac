import { accept, type Result, refuse } from "@postern/core";
import { LedgerError, type NoteKey, parseVkey, toHex } from "@postern/ledger";

/** A witness as it is configured. */
export interface WitnessAddress {
  readonly vkey: string;
  /** Without a slash at the end: `/add-checkpoint` follows. */
  readonly url: string;
}

/** More signatures than this under one note are more than anyone asks for. */
const MOST = 16;

/** Reads `<vkey> <url>`, one witness each. The refusal says what was expected. */
export function readWitnesses(lines: readonly string[]): Result<readonly WitnessAddress[], string> {
  const found: WitnessAddress[] = [];
  const people = new Set<string>();
  const names = new Set<string>();
  for (const line of lines) {
    const [vkey, address, ...rest] = line.split(/\s+/);
    const key = keyOf(vkey ?? "");
    const url = urlOf(address ?? "");
    if (key === null || rest.length > 0)
      return refuse(`expected a witness's vkey (of type 0x04) and an address, got \`${line.slice(0, 120)}\``);
    if (url === null)
      return refuse(`expected an http or https address for the witness \`${key.name}\`, without credentials`);
    people.add(toHex(key.publicKey));
    names.add(key.name);
    found.push({ vkey: vkey ?? "", url });
    if (people.size !== found.length || names.size !== found.length)
      return refuse(`expected each witness once, got \`${key.name}\` or its key twice`);
  }
  return found.length > MOST
    ? refuse(`expected at most ${MOST} witnesses, got ${found.length}`)
    : accept(found);
}

function keyOf(vkey: string): NoteKey | null {
  try {
    const key = parseVkey(vkey);
    return key.algorithm === "cosignature/v1" ? key : null;
  } catch (error) {
    if (error instanceof LedgerError) return null;
    throw error;
  }
}

function urlOf(text: string): string | null {
  const read = URL.canParse(text) ? new URL(text) : null;
  if (read === null || (read.protocol !== "http:" && read.protocol !== "https:")) return null;
  if (read.username !== "" || read.password !== "" || read.search !== "" || read.hash !== "") return null;
  return read.href.replace(/\/+$/, "");
}
