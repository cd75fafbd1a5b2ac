import type { Session } from "@postern/core";
import type { DeviceService, Service } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callerOf } from "../../src/crash/ground.ts";
import { pretendedProof } from "../../src/deployment/pretended-authenticators.ts";
import { must } from "../../src/index.ts";
import { BOOTSTRAP, PASSWORD, type Restorable, restorable } from "./restorable.ts";

const AIM = { wanted: "aal1", maxAge: null, network: "192.0.2.0/24", known: null, carry: "" } as const;

let at: Restorable;
let service: Service;

function devicesOf({ devices }: Service): DeviceService {
  if (devices === null) throw new Error("expected a service that signs people in");
  return devices;
}

async function signsIn(of: Service): Promise<Session> {
  if (of.signIn === null) throw new Error("expected a service that signs people in");
  const secret = of.signIn.begin(AIM, null);
  of.signIn.saysShared(secret, false);
  const done = must(await of.signIn.password(secret, { name: "ana", password: PASSWORD }));
  if (done.kind !== "done") throw new Error("expected to be signed in");
  return done.signedIn.session;
}

beforeEach(async () => {
  at = await restorable();
  service = await at.open("data");
  const { secret } = must(await service.tokens.bootstrap(BOOTSTRAP, { type: "user", id: "olga" }));
  const { factors } = service;
  if (factors === null) throw new Error("expected a service that signs people in");
  const invited = must(await factors.invite(callerOf(service, secret), { type: "user", id: "ana" }));
  must(await factors.acceptInvitation(invited.secret, { password: PASSWORD }));
});
afterEach(() => at.remove());

describe("a restored backup", () => {
  it("trusts no device that was revoked since, and goes on trusting the others", async () => {
    const session = await signsIn(service);
    const first = devicesOf(service).challenge(session, "registration");
    must(await devicesOf(service).register(session, { proof: pretendedProof(first, "lost"), label: "lost" }));
    const second = await signsIn(service);
    const challenge = devicesOf(service).challenge(second, "registration");
    must(
      await devicesOf(service).register(second, { proof: pretendedProof(challenge, "kept"), label: "kept" }),
    );
    await at.copy("backup", "other");
    service = await at.open("data");
    const lost = devicesOf(service)
      .own(second)
      .find(({ label }) => label === "lost");
    must(await devicesOf(service).revoke({ kind: "session", session: second }, lost?.id ?? ""));
    const ends = await at.ends();
    const standing = (of: Service): readonly string[] =>
      devicesOf(of)
        .own(second)
        .filter(({ state }) => state === "trusted")
        .map(({ label }) => label);
    expect(standing(await at.open("backup", { ends }))).toEqual(["kept"]);
    expect(standing(await at.open("other", { ends: null }))).toEqual([]);
  });
});
