import { compilePolicy, type Factor } from "@postern/core";
import { describe, expect, it } from "vitest";
import type { StoredEntry } from "../../src/ports/store.ts";
import type { State } from "../../src/projection/state.ts";
import { toldBy } from "../../src/streams/outbound.ts";

const evidence = (aaguid: string, deviceBound: boolean): Factor["evidence"] => ({
  aaguid,
  attestation: "none",
  deviceBound,
  backedUp: !deviceBound,
  userVerified: true,
});

const told = (found: Factor["evidence"]): unknown => {
  const compiled = compilePolicy([]);
  if (!compiled.ok) throw new Error("no documents are no mistake");
  const data = { factor: { subject: "sub_1", kind: "passkey", evidence: found } };
  const body = JSON.stringify({
    at: "2026-11-22T10:00:00.000Z",
    by: { person: null, via: "system" },
    type: "factor.enrolled",
    data,
  });
  const known = { disabled: new Set<string>(), suspended: new Set<string>() };
  const said = toldBy({ body } as StoredEntry, {} as State, known, compiled.policy);
  return said?.told[0]?.claims.credential_type;
};

describe("a passkey that is told of", () => {
  it("is of a platform where it is copied between devices or its model is built in", () => {
    expect(told(evidence("fbfc3007-154e-4ecc-8c0b-6e020557d7bd", false))).toBe("fido2-platform");
    expect(told(evidence("08987058-cadc-4b81-b6e1-30de50dcbe96", true))).toBe("fido2-platform");
  });

  it("is of a token that is carried where nothing says otherwise", () => {
    expect(told(evidence("cb69481e-8ff7-4039-93ec-0a2729a154a8", true))).toBe("fido2-roaming");
    expect(told(null)).toBe("fido2-roaming");
  });
});
