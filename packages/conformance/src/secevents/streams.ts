import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { streamClient } from "@postern/server";
import { type InteropServer, startInteropServer } from "../interop-server.ts";

/** The operations of a stream between two nodes, by both ways of delivery. */
export interface StreamsResult {
  readonly right: number;
  readonly of: number;
  readonly wrong: readonly string[];
}

const POLICY = new URL("./policy.yaml", import.meta.url);
const AUDIENCE = "conformance.receiver";
const VERIFICATION = "https://schemas.openid.net/secevent/ssf/event-type/verification";
const UPDATED = "https://schemas.openid.net/secevent/ssf/event-type/stream-updated";
const REVOKED = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";

/** Starts two nodes; what one tells, the other takes. And asks the one for everything that a receiver may ask. */
export async function runStreams(): Promise<StreamsResult> {
  const checks: (readonly [string, boolean])[] = [];
  const check = (name: string, right: boolean): void => {
    checks.push([name, right]);
  };
  for (const delivery of ["push", "poll"] as const) {
    const one = await startInteropServer(POLICY);
    let other: InteropServer | null = null;
    try {
      const token = await one.token(["ssf.manage"], { label: AUDIENCE, subjectTypes: ["user"] });
      other = await second(one, token, delivery);
      await between(one, other, token, delivery, check);
      if (delivery === "poll") await operations(one, token, check);
    } finally {
      await other?.stop();
      await one.stop();
    }
  }
  const wrong = checks.filter(([, right]) => !right).map(([name]) => name);
  return { right: checks.length - wrong.length, of: checks.length, wrong };
}

async function second(one: InteropServer, token: string, delivery: "push" | "poll"): Promise<InteropServer> {
  const file = join(tmpdir(), `postern-transmitters-${process.pid}-${delivery}.json`);
  const transmitter = {
    id: "first",
    issuer: one.running.urls.control,
    audience: AUDIENCE,
    delivery,
    api_token: token,
    push_token: "agreed-between-two-nodes",
    subject_types: ["user"],
  };
  await writeFile(file, JSON.stringify({ transmitters: [transmitter] }), { mode: 0o600 });
  return await startInteropServer(POLICY, { signalTransmitters: file });
}

/** What the receiver does by itself: it finds the configuration, makes its stream, has it verified, and takes events. */
async function between(
  one: InteropServer,
  other: InteropServer,
  token: string,
  delivery: string,
  check: (name: string, right: boolean) => void,
): Promise<void> {
  const statusThere = async (): Promise<unknown> =>
    firstOf((await other.send("GET", "/v1/signals/transmitters", { bearer: other.admin })).body);
  const verified = await soon(async () => at(await statusThere(), "state") === "verified");
  check(`${delivery}: the stream is made and verified`, verified);
  const listed = (await one.send("GET", "/ssf/streams", { bearer: token })).body;
  const stream = Array.isArray(listed) ? String(at(listed[0], "stream_id")) : "";
  const added = await one.send("POST", "/ssf/subjects/add", {
    bearer: token,
    body: { stream_id: stream, subject: { format: "opaque", id: "ana" }, verified: true },
  });
  // Nobody is known by that name yet, and that is not told.
  check(`${delivery}: a subject that is unknown is not told to be`, added.status === 200);
  const here = await signIn(one);
  const there = await signIn(other);
  await one.send("POST", "/ssf/subjects/add", {
    bearer: token,
    body: { stream_id: stream, subject: { format: "opaque", id: "ana" }, verified: true },
  });
  await one.send("DELETE", `/v1/sessions/${here}`, { bearer: one.admin });
  check(
    `${delivery}: an event is told and in force`,
    await soon(async () => (await live(other, there)) === false),
  );
}

/** What a receiver may ask for, through the client that our receiver uses (SSF 1.0 section 8, RFC 8936). */
async function operations(
  one: InteropServer,
  token: string,
  check: (name: string, right: boolean) => void,
): Promise<void> {
  const issuer = one.running.urls.control;
  const settings = {
    id: "by-hand",
    issuer,
    audience: AUDIENCE,
    algorithms: ["ES256"],
    jwksUri: null,
    subjectTypes: ["user"],
    delivery: "poll",
    pushToken: null,
    apiToken: token,
    events: ["session-revoked"],
  } as const;
  const client = streamClient(settings, () => performance.now());
  const made = await one.send("POST", "/ssf/streams", {
    bearer: token,
    body: {
      delivery: { method: "urn:ietf:rfc:8936" },
      events_requested: [REVOKED],
      description: "made by hand",
    },
  });
  const id = String(at(made.body, "stream_id"));
  const pollAt = String(at(at(made.body, "delivery"), "endpoint_url"));
  check(
    "create",
    made.status === 201 && at(made.body, "aud") === AUDIENCE && at(made.body, "iss") === issuer,
  );
  const read = await client.read(id);
  check(
    "read",
    read.status === 200 && JSON.stringify(at(read.body, "events_delivered")) === JSON.stringify([REVOKED]),
  );
  const updated = await client.update(id, { description: "changed" });
  check("update", updated.status === 200 && at(updated.body, "description") === "changed");
  const replaced = await client.replace(id, {
    delivery: { method: "urn:ietf:rfc:8936" },
    events_requested: [REVOKED],
  });
  check("replace", replaced.status === 200 && at(replaced.body, "description") === undefined);
  const status = await client.status(id);
  check("status", status.status === 200 && at(status.body, "status") === "enabled");
  check("add a subject", (await client.addSubject(id, { format: "opaque", id: "ana" })).status === 200);
  check("verification", (await client.verify(id, "a state")).status === 204);
  const poll = (more: Partial<Parameters<typeof client.poll>[1]>): ReturnType<typeof client.poll> =>
    client.poll(pollAt, { ack: [], setErrs: {}, most: 10, returnImmediately: true, ...more });
  const first = await poll({});
  const [jti, set] = first.sets[0] ?? ["", ""];
  const told = claimsOf(set);
  check("a verification event is told", at(at(at(told, "events"), VERIFICATION), "state") === "a state");
  check(
    "an event that was not taken is told again under the same name",
    (await poll({})).sets[0]?.[0] === jti,
  );
  check("one that was taken is not", (await poll({ ack: [jti] })).sets.length === 0);
  const session = await signIn(one);
  const waits = client.poll(pollAt, { ack: [], setErrs: {}, most: 10, returnImmediately: false });
  await sleep(200);
  await one.send("DELETE", `/v1/sessions/${session}`, { bearer: one.admin });
  const heard = (await waits).sets;
  check(
    "a long poll answers when something happens",
    at(at(claimsOf(heard[0]?.[1] ?? ""), "events"), REVOKED) !== undefined,
  );
  check(
    "an event that the receiver refuses is not told again",
    (await poll({ setErrs: { [heard[0]?.[0] ?? ""]: { err: "invalid_request", description: "no" } } })).sets
      .length === 0,
  );
  check("paused", at((await client.setStatus(id, "paused", "a pause")).body, "status") === "paused");
  const another = await signIn(one);
  await one.send("DELETE", `/v1/sessions/${another}`, { bearer: one.admin });
  check("nothing is told while it is paused", (await poll({})).sets.length === 0);
  check("enabled", at((await client.setStatus(id, "enabled")).body, "status") === "enabled");
  const after = (await poll({})).sets.map(([, token]) => claimsOf(token));
  const uris = after.flatMap((claims) => Object.keys(Object(at(claims, "events"))));
  check("what happened meanwhile is told", uris.includes(REVOKED) && uris.includes(UPDATED));
  check(
    "no event has a `sub` or an `exp`, and each is one",
    [told, ...after].every(
      (claims) =>
        at(claims, "sub") === undefined &&
        at(claims, "exp") === undefined &&
        Object.keys(Object(at(claims, "events"))).length === 1,
    ),
  );
  check("remove a subject", (await client.removeSubject(id, { format: "opaque", id: "ana" })).status === 204);
  const stranger = await one.token(["ssf.manage"], { label: "another.receiver", subjectTypes: ["user"] });
  const foreign = await one.send("GET", `/ssf/streams?stream_id=${id}`, { bearer: stranger });
  check("another receiver's stream is not there", foreign.status === 404);
  check("delete", (await client.remove(id)).status === 204);
  check("it is gone", (await client.read(id)).status === 404);
}

async function signIn(node: InteropServer): Promise<string> {
  const token = await node.token(["sessions.register"], { maxAcr: "aal1", subjectTypes: ["user"] });
  const made = await node.must("POST", "/v1/sessions", token, {
    subject: { type: "user", id: "ana" },
    acr: "aal1",
    authTime: new Date().toISOString(),
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  });
  return String(at(at(made, "session"), "id"));
}

async function live(node: InteropServer, id: string): Promise<boolean> {
  const items = at((await node.send("GET", "/v1/sessions", { bearer: node.admin })).body, "items");
  return Array.isArray(items) && items.some((one) => at(one, "id") === id && at(one, "state") === "live");
}

async function soon(holds: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 150; tries++) {
    if (await holds()) return true;
    await sleep(100);
  }
  return false;
}

function firstOf(body: unknown): unknown {
  const items = at(body, "items");
  return Array.isArray(items) ? items[0] : undefined;
}

function claimsOf(token: string): unknown {
  const [, payload = ""] = token.split(".");
  return payload === "" ? null : JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
}

function at(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
