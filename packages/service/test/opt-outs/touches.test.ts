import { type DeviceRef, type Holder, makeId, type SubjectRef } from "@postern/core";
import { describe, expect, it } from "vitest";
import { holderTouch, holderTouches } from "../../src/opt-outs/touches.ts";

const ana: SubjectRef = makeId("sub", new Uint8Array(16).fill(1));
const bo: SubjectRef = makeId("sub", new Uint8Array(16).fill(2));
const laptop: DeviceRef = makeId("dev", new Uint8Array(16).fill(3));

const mayShare = (a: Holder, b: Holder): boolean =>
  !holderTouches(a).some((touched) => holderTouches(b).includes(touched));

describe("commands on opt-outs", () => {
  it("of different people share a batch, of one person or one device never", () => {
    const hers: Holder = { kind: "subject", subject: ana };
    const here: Holder = { kind: "device", device: laptop, subject: ana };
    expect(mayShare(hers, { kind: "subject", subject: bo })).toBe(true);
    expect(mayShare(hers, { kind: "anonymous" })).toBe(true);
    expect(mayShare(hers, here)).toBe(false);
    expect(mayShare(here, { kind: "device", device: laptop, subject: bo })).toBe(false);
    expect(mayShare({ kind: "anonymous" }, { kind: "anonymous" })).toBe(false);
  });

  it("never share a batch with the deletion of whom or what they rest on", () => {
    const here = holderTouches({ kind: "device", device: laptop, subject: ana });
    expect(here).toContain(holderTouch(laptop));
    expect(here).toContain(holderTouch(ana));
    expect(here).not.toContain(holderTouch(bo));
  });
});
