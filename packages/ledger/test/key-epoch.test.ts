import { describe, expect, it } from "vitest";
import {
  ed25519Signer,
  epochAt,
  formatCheckpoint,
  formatVkey,
  type KeyEpoch,
  keyHistory,
  keyRotationText,
  openCheckpointInHistory,
  signNote,
} from "../src/index.ts";
import { leavesOf, naiveRoot, seed } from "./reference.ts";

const origin = "postern.example/1";
const keys = [1, 2, 3].map((byte) => ed25519Signer(origin, seed(byte)));
const code = (expected: string) => expect.objectContaining({ code: expected });

function key(epoch: number) {
  const found = keys[epoch - 1];
  if (found === undefined) throw new RangeError("no such key");
  return found;
}

function rotation(epoch: number, since: number, by = key(epoch - 1)): KeyEpoch {
  const vkey = formatVkey(key(epoch));
  const text = keyRotationText({ origin, epoch, since, vkey });
  return { epoch, vkey, since, signedByPrevious: signNote(text, by, key(epoch)) };
}

const first: KeyEpoch = { epoch: 1, vkey: formatVkey(key(1)), since: 0 };
const epochs = [first, rotation(2, 10), rotation(3, 20)];

function signed(size: number, epoch: number): string {
  return signNote(formatCheckpoint({ origin, size, root: naiveRoot(leavesOf(size)) }), key(epoch));
}

describe("key epochs", () => {
  it("are traced from the first key to the last, each for its own sizes", () => {
    const history = keyHistory(origin, epochs);
    expect([0, 9, 10, 19, 20, 5000].map((size) => epochAt(history, size)?.epoch)).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it("let a checkpoint pass only under the key of its size", () => {
    const history = keyHistory(origin, epochs);
    expect(openCheckpointInHistory(signed(9, 1), origin, history).epoch.epoch).toBe(1);
    expect(openCheckpointInHistory(signed(10, 2), origin, history).epoch.epoch).toBe(2);
    expect(() => openCheckpointInHistory(signed(10, 1), origin, history)).toThrow(code("key_epoch"));
    expect(() => openCheckpointInHistory(signed(9, 2), origin, history)).toThrow(code("key_epoch"));
  });

  it("are refused when a stranger signed the handover", () => {
    const stranger = ed25519Signer("stranger.example", seed(7));
    expect(() => keyHistory(origin, [first, rotation(2, 10, stranger)])).toThrow(code("key_epoch"));
  });

  it("are refused when the handover is missing, of another log, or of another size than stated", () => {
    const second = rotation(2, 10);
    const { signedByPrevious: _, ...unsigned } = second;
    expect(() => keyHistory(origin, [first, unsigned])).toThrow(code("key_epoch"));
    expect(() => keyHistory("postern.example/2", [first, second])).toThrow(code("key_epoch"));
    expect(() => keyHistory(origin, [first, { ...second, since: 5 }])).toThrow(code("key_epoch"));
  });

  it("are refused when an epoch is left out, goes back, or keeps the old key", () => {
    expect(() => keyHistory(origin, [first, rotation(3, 20)])).toThrow(code("key_epoch"));
    expect(() => keyHistory(origin, [first, rotation(2, 0)])).toThrow(code("key_epoch"));
    expect(() => keyHistory(origin, [first, { ...rotation(2, 10), vkey: first.vkey }])).toThrow(
      code("key_epoch"),
    );
    expect(() => keyHistory(origin, [])).toThrow(code("key_epoch"));
  });

  it("never let a handover pass for a checkpoint", () => {
    const handover = rotation(2, 10).signedByPrevious ?? "";
    expect(() => openCheckpointInHistory(handover, origin, keyHistory(origin, epochs))).toThrow(
      code("malformed_checkpoint"),
    );
    expect(() => formatCheckpoint({ origin: "postern-ledger-key@1", size: 0, root: naiveRoot([]) })).toThrow(
      code("malformed_checkpoint"),
    );
  });
});
