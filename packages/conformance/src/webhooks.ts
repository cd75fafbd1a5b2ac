import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { instant, makeId, type NoticeKind } from "@postern/core";
import { webhookChannel, webhookHeaders } from "@postern/server";

/** What became of the signature that the specification publishes, and of deliveries to a receiver of our own. */
export interface WebhooksResult {
  readonly published: number;
  readonly accepted: number;
  readonly refused: number;
  readonly wrong: readonly string[];
}

/** The example of the Standard Webhooks specification and of its libraries. */
const PUBLISHED = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  timestamp: 1_614_265_330,
  payload: '{"test": 2432232314}',
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};

const SECRET = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
const OTHER = `whsec_${Buffer.alloc(32, 8).toString("base64")}`;
const KINDS: readonly NoticeKind[] = [
  "granted",
  "renewed",
  "unusual",
  "ending",
  "ended",
  "refused",
  "suspended",
  "resumed",
];
/** Seconds by which a receiver lets a clock differ, as the specification has it. */
const TOLERANCE = 300;

interface Delivery {
  readonly id: string | null;
  readonly timestamp: string | null;
  readonly signature: string | null;
  readonly body: string;
}

/**
 * Delivers a notice of every kind over HTTP to a receiver that checks it as the specification says, written apart
 * from the library that signs; and puts altered deliveries to it, each of which has to be refused.
 */
export async function runWebhooks(): Promise<WebhooksResult> {
  const wrong: string[] = [];
  const headers = webhookHeaders(
    PUBLISHED.secret,
    PUBLISHED.id,
    new Date(PUBLISHED.timestamp * 1000),
    PUBLISHED.payload,
  );
  const published = headers["webhook-signature"] === PUBLISHED.signature ? 1 : 0;
  if (published === 0) wrong.push("the published signature");
  let [accepted, refused] = [0, 0];
  const now = Math.floor(Date.now() / 1000);
  for (const [kind, delivery] of await deliveries()) {
    if (isGenuine(delivery, SECRET, now)) accepted += 1;
    else wrong.push(`${kind}: a delivery was refused`);
    for (const [how, altered, secret, at] of alterations(delivery, now)) {
      if (isGenuine(altered, secret, at)) wrong.push(`${kind}: accepted although ${how}`);
      else refused += 1;
    }
  }
  return { published, accepted, refused, wrong };
}

async function deliveries(): Promise<readonly (readonly [NoticeKind, Delivery])[]> {
  const heard: Delivery[] = [];
  const receiver = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      heard.push({
        id: header(request, "webhook-id"),
        timestamp: header(request, "webhook-timestamp"),
        signature: header(request, "webhook-signature"),
        body,
      });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((ready) => receiver.listen(0, "127.0.0.1", ready));
  try {
    const { port } = receiver.address() as AddressInfo;
    const channel = webhookChannel({
      url: `http://127.0.0.1:${port}/`,
      secret: SECRET,
      world: { wall: () => instant(Date.now()) },
    });
    for (const [at, kind] of KINDS.entries()) {
      const sent = await channel.send({
        id: `msg_${at}`,
        kind,
        at: instant(Date.now()),
        optOut: makeId("oo", new Uint8Array(16).fill(at)),
        control: "step-up",
        offer: "reports",
        resources: ["route:/reports/**"],
        until: instant(Date.now() + 86_400_000),
        cause: kind === "ended" ? "operator" : null,
        holder: null,
        holderRef: null,
        to: null,
      });
      if (sent.kind !== "delivered") throw new Error(`a ${kind} was not delivered: ${sent.why}`);
    }
  } finally {
    receiver.close();
  }
  return KINDS.map((kind, at) => {
    const delivery = heard[at];
    if (delivery === undefined) throw new Error(`a ${kind} did not arrive`);
    return [kind, delivery] as const;
  });
}

function header(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === "string" ? value : null;
}

type Alteration = readonly [how: string, delivery: Delivery, secret: string, at: number];

function alterations(delivery: Delivery, now: number): readonly Alteration[] {
  const { id, timestamp, signature, body } = delivery;
  const later = String(Number(timestamp) + 1);
  const changed = (part: Partial<Delivery>): Delivery => ({ ...delivery, ...part });
  return [
    ["the body has another end", changed({ body: `${body} ` }), SECRET, now],
    ["the body says something else", changed({ body: body.replace("opt-out", "opt-in") }), SECRET, now],
    ["the id is another", changed({ id: `${id}0` }), SECRET, now],
    ["the timestamp is another", changed({ timestamp: later }), SECRET, now],
    ["the signature is another", changed({ signature: `v1,${"A".repeat(43)}=` }), SECRET, now],
    [
      "the signature is of another version",
      changed({ signature: signature?.replace("v1,", "v2,") ?? null }),
      SECRET,
      now,
    ],
    ["the secret is another", delivery, OTHER, now],
    ["it is too old", delivery, SECRET, now + TOLERANCE + 60],
    ["it comes from the future", delivery, SECRET, now - TOLERANCE - 60],
    ["the id is missing", changed({ id: null }), SECRET, now],
    ["the signature is missing", changed({ signature: null }), SECRET, now],
  ];
}

function isGenuine({ id, timestamp, signature, body }: Delivery, secret: string, now: number): boolean {
  if (id === null || timestamp === null || signature === null) return false;
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now - Number(timestamp)) > TOLERANCE) return false;
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest();
  return signature.split(" ").some((one) => {
    const [version, text = ""] = one.split(",");
    const given = Buffer.from(text, "base64");
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
}
