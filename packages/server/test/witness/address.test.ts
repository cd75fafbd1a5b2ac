import { cosigner, ed25519Signer, formatVkey } from "@postern/ledger";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config.ts";
import { readWitnesses } from "../../src/witness/address.ts";

const vkey = (byte: number, name = `witness.example/${byte}`): string =>
  formatVkey(cosigner(name, new Uint8Array(32).fill(byte), 0n));

describe("configured witnesses", () => {
  it("are a vkey and an address each, from the environment or as a list in a file", () => {
    const text = `${vkey(1)} https://w1.example/, ${vkey(2)} http://127.0.0.1:4700/postern/`;
    const { config } = loadConfig({ env: { POSTERN_WITNESSES: text } });
    const read = readWitnesses(config.witnesses);
    expect(read.ok && read.value.map(({ url }) => url)).toEqual([
      "https://w1.example",
      "http://127.0.0.1:4700/postern",
    ]);
    expect(loadConfig({ env: {} }).config.witnesses).toEqual([]);
  });

  it.each([
    ["without an address", [vkey(1)]],
    ["without a vkey", ["https://w1.example"]],
    [
      "with a key that signs logs",
      [`${formatVkey(ed25519Signer("a.example", new Uint8Array(32).fill(3)))} https://a.example`],
    ],
    [
      "with a key id of another key",
      [`${vkey(1).replace(/\+[0-9a-f]{8}\+/, "+00000000+")} https://w1.example`],
    ],
    ["with credentials in the address", [`${vkey(1)} https://me:secret@w1.example`]],
    ["with an address that is not of the web", [`${vkey(1)} file:///etc/passwd`]],
    ["twice by name", [`${vkey(1, "w")} https://w1.example`, `${vkey(2, "w")} https://w2.example`]],
    ["twice by key", [`${vkey(1, "a")} https://w1.example`, `${vkey(1, "b")} https://w2.example`]],
    ["seventeen of them", Array.from({ length: 17 }, (_, at) => `${vkey(at + 1)} https://w.example`)],
  ])("are refused %s", (_, lines) => {
    expect(readWitnesses(lines).ok).toBe(false);
    expect(() => loadConfig({ env: { POSTERN_WITNESSES: lines.join(",") } })).toThrow("POSTERN_WITNESSES");
  });
});
