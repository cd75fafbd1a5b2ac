import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addSignatures,
  cosigner,
  ed25519Signer,
  formatCheckpoint,
  formatVkey,
  openCheckpoint,
  openNote,
  parseCheckpoint,
  parseNote,
  parseVkey,
  signNote,
  utf8,
  verifier,
  verifierOf,
} from "../src/index.ts";
import { leavesOf, naiveRoot, seed } from "./reference.ts";

const published = {
  vkey: "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
  note: "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n",
};

const code = (expected: string) => expect.objectContaining({ code: expected });
const log = ed25519Signer("postern.example/1", seed(1));
const stranger = ed25519Signer("stranger.example", seed(2));
const logVerifier = verifierOf(log);

describe("signed notes", () => {
  it("open with the key of the specification's own example", () => {
    const opened = openNote(published.note, [verifier(published.vkey)]);
    expect(opened.text).toBe("This is an example message.\n");
    expect(opened.signatures).toEqual([{ name: "example.com/foo", keyId: "530d903a", algorithm: "ed25519" }]);
    expect(formatVkey(parseVkey(published.vkey))).toBe(published.vkey);
  });

  it("open as text and as bytes, with whatever text was signed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (words) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what the format forbids
        const text = `${words.replaceAll(/[\u0000-\u001f]/g, "")}.\n`;
        const note = signNote(text, log);
        expect(openNote(note, [logVerifier]).text).toBe(text);
        expect(openNote(utf8(note), [logVerifier]).text).toBe(text);
      }),
      { numRuns: 20 },
    );
  });

  it("keep empty lines inside the text", () => {
    expect(openNote(signNote("one\n\ntwo\n", log), [logVerifier]).text).toBe("one\n\ntwo\n");
  });

  it("are refused when any byte of text or signature is changed", () => {
    const note = utf8(signNote("the text\n", log));
    for (let at = 0; at < note.length; at += 1) {
      const changed = note.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => openNote(changed, [logVerifier])).toThrow();
    }
  });

  it("are refused when only unknown keys have signed, even under a known name", () => {
    expect(() => openNote(signNote("text\n", stranger), [logVerifier])).toThrow(code("unknown_key"));
    const namesake = ed25519Signer(log.name, seed(3));
    expect(() => openNote(signNote("text\n", namesake), [logVerifier])).toThrow(code("unknown_key"));
  });

  it("ignore unknown signatures beside a known one, sixteen and more", () => {
    const others = Array.from({ length: 20 }, (_, at) => ed25519Signer(`other.example/${at}`, seed(40 + at)));
    const opened = openNote(signNote("text\n", log, ...others), [logVerifier]);
    expect(opened.signatures).toHaveLength(1);
    expect(opened.unknownSignatures).toBe(20);
  });

  it("are refused when one known key's signature does not hold, whatever others say", () => {
    const note = signNote("text\n", log);
    const other = signNote("other\n", stranger);
    const grafted = note + other.slice(other.lastIndexOf("—"));
    expect(() => openNote(grafted, [logVerifier, verifierOf(stranger)])).toThrow(code("bad_signature"));
  });

  it("are refused when a known key has signed twice", () => {
    expect(() => openNote(signNote("text\n", log, log), [logVerifier])).toThrow(code("malformed_note"));
  });

  it("are refused as malformed without a final newline, a blank line or a signature, and with control characters", () => {
    const note = signNote("text\n", log);
    const bad = [
      note.slice(0, -1),
      note.replace("\n\n", "\n"),
      "text\n\n",
      note.replace("text", "te\txt"),
      note.replace("text", "te\rxt"),
      note.replace("—", "-"),
      note.replace("— ", "—  "),
      `${note}\n`,
      note.replace(/ [^ ]*\n$/, " AAAA\n"),
      note.replace("=\n", "\n"),
      "",
    ];
    for (const text of bad) expect(() => parseNote(text)).toThrow(code("malformed_note"));
    expect(() => parseNote(new Uint8Array([0xff, 0x0a, 0x0a]))).toThrow(code("malformed_note"));
    expect(() => signNote("no newline", log)).toThrow(code("malformed_note"));
  });

  it("are refused beyond a hundred signatures", () => {
    const line = signNote("text\n", stranger).split("\n\n")[1] ?? "";
    expect(() => parseNote(`text\n\n${line.repeat(101)}`)).toThrow(code("malformed_note"));
    expect(parseNote(`text\n\n${line.repeat(100)}`).signatures).toHaveLength(100);
  });
});

describe("verifier keys", () => {
  it("are refused with a wrong key id, an unknown type, a short key or an unusable name", () => {
    const vkey = formatVkey(log);
    const bad = [
      vkey.replace(log.keyId, "00000000"),
      vkey.replace("+AZ", "+BZ"),
      vkey.slice(0, -4),
      `a b${vkey}`,
      vkey.slice(log.name.length),
      "",
      vkey.replace(log.keyId, log.keyId.toUpperCase()),
    ].filter((text) => text !== vkey);
    for (const text of bad) expect(() => parseVkey(text)).toThrow(code("malformed_key"));
    expect(() => ed25519Signer("plus+sign", seed(1))).toThrow(code("malformed_key"));
    expect(() => ed25519Signer("name", new Uint8Array(31))).toThrow(code("malformed_key"));
  });

  it("may not be given twice", () => {
    expect(() => openNote(signNote("text\n", log), [logVerifier, logVerifier])).toThrow(
      code("malformed_key"),
    );
  });
});

describe("checkpoints", () => {
  const text = formatCheckpoint({ origin: "postern.example/1", size: 5, root: naiveRoot(leavesOf(5)) });

  it("come back whole, with sizes beyond 2^53 and extension lines", () => {
    const root = naiveRoot(leavesOf(5));
    const whole = { origin: "postern.example/1", size: 2n ** 63n, root, extensions: ["one", "two"] };
    expect(parseCheckpoint(formatCheckpoint(whole))).toEqual(whole);
  });

  it("are refused with a size of leading zeros, a short root, an empty extension or a missing line", () => {
    const bad = [
      text.replace("\n5\n", "\n05\n"),
      text.replace("\n5\n", "\n-5\n"),
      text.replace("\n5\n", "\n18446744073709551616\n"),
      text.replace("=\n", "\n"),
      `${text}\n`,
      text.slice(0, -1),
      "postern.example/1\n5\n",
      `\n${text}`,
    ];
    for (const changed of bad) expect(() => parseCheckpoint(changed)).toThrow(code("malformed_checkpoint"));
    expect(() => formatCheckpoint({ origin: "two\nlines", size: 0, root: naiveRoot([]) })).toThrow(
      code("malformed_checkpoint"),
    );
  });

  it("of another log are refused, though the same key signed them", () => {
    const note = signNote(text, log);
    expect(openCheckpoint(note, "postern.example/1", [logVerifier]).size).toBe(5n);
    expect(() => openCheckpoint(note, "postern.example/2", [logVerifier])).toThrow(code("origin_mismatch"));
  });

  it("carry a witness's cosignature with its time, and are refused when that does not hold", () => {
    const witness = cosigner("witness.example/w1", seed(9), 1_679_315_147n);
    const note = addSignatures(signNote(text, log), witness);
    const opened = openNote(note, [logVerifier, verifierOf(witness)]);
    expect(opened.signatures[1]).toEqual({
      name: "witness.example/w1",
      keyId: witness.keyId,
      algorithm: "cosignature/v1",
      time: 1_679_315_147n,
    });
    expect(verifier(formatVkey(witness)).algorithm).toBe("cosignature/v1");
    const later = addSignatures(signNote(text.replace("\n5\n", "\n6\n"), log), witness);
    const moved = note.slice(0, note.lastIndexOf("—")) + later.slice(later.lastIndexOf("—"));
    expect(() => openNote(moved, [logVerifier, verifierOf(witness)])).toThrow(code("bad_signature"));
  });

  it("do not take a witness's signature for the log's, though the key bytes are the same", () => {
    const witness = cosigner("postern.example/1", seed(1), 1n);
    expect(() => openNote(signNote(text, witness), [logVerifier])).toThrow(code("unknown_key"));
  });
});
