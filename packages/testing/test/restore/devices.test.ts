import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Session } from "@postern/core";
import { keptEndsFile, realWorld } from "@postern/server";
import {
  createService,
  type DeviceService,
  type KeptEnd,
  type KeptHead,
  type Service,
} from "@postern/service";
import { openSqliteStore } from "@postern/store";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callerOf } from "../../src/crash/ground.ts";
import { pretendedAuthenticators, pretendedProof } from "../../src/deployment/pretended-authenticators.ts";
import { must } from "../../src/index.ts";
import { keptInMemory } from "../../src/world/kept-in-memory.ts";

const BOOTSTRAP = "test-bootstrap-secret";
const PASSWORD = "a long enough password";
const AIM = { wanted: "aal1", maxAge: null, network: "192.0.2.0/24", known: null, carry: "" } as const;
const world = realWorld();

let directory: string;
let service: Service;
let keptHead: KeptHead;
const opened: Service[] = [];

async function open(data: string, restored?: { readonly ends: readonly KeptEnd[] | null }): Promise<Service> {
  const made = await createService({
    world,
    store: await openSqliteStore({ directory: join(directory, data), world }),
    masterKey: new Uint8Array(32).fill(7),
    origin: "postern.test/ledger",
    keptHead: restored === undefined ? keptHead : keptInMemory(),
    keptEnds: keptEndsFile(join(directory, "ends.jsonl")),
    bootstrapSecret: BOOTSTRAP,
    authenticators: pretendedAuthenticators(),
    ...(restored === undefined ? {} : { restored }),
  });
  opened.push(made);
  return made;
}

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
  directory = await mkdtemp(join(tmpdir(), "postern-devices-"));
  keptHead = keptInMemory();
  service = await open("data");
  const { secret } = must(await service.tokens.bootstrap(BOOTSTRAP, { type: "user", id: "olga" }));
  const { factors } = service;
  if (factors === null) throw new Error("expected a service that signs people in");
  const invited = must(await factors.invite(callerOf(service, secret), { type: "user", id: "ana" }));
  must(await factors.acceptInvitation(invited.secret, { password: PASSWORD }));
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  await rm(directory, { recursive: true, force: true });
});

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
    await service.close();
    opened.pop();
    await cp(join(directory, "data"), join(directory, "backup"), { recursive: true });
    await cp(join(directory, "data"), join(directory, "other"), { recursive: true });
    service = await open("data");
    const lost = devicesOf(service)
      .own(second)
      .find(({ label }) => label === "lost");
    must(await devicesOf(service).revoke({ kind: "session", session: second }, lost?.id ?? ""));
    const ends = (await keptEndsFile(join(directory, "ends.jsonl")).read())?.ends ?? null;
    const standing = (of: Service): readonly string[] =>
      devicesOf(of)
        .own(second)
        .filter(({ state }) => state === "trusted")
        .map(({ label }) => label);
    expect(standing(await open("backup", { ends }))).toEqual(["kept"]);
    expect(standing(await open("other", { ends: null }))).toEqual([]);
  });
});
