import { createServer } from "node:http";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { send } from "../fixture/send.ts";
import {
  BOOTSTRAP,
  browser,
  formTo,
  must,
  type Organisation,
  POLICY,
  startOrganisation,
} from "../people/running.ts";
import { keepSpans } from "../traces/memory.ts";
import { type Canary, type Place, scan } from "./scan.ts";

const MASTER = "c0ffee11".repeat(8);
const WEBHOOK = `whsec_${Buffer.from("a-marked-webhook-secret-for-all").toString("base64")}`;
const PERSON = "Zenobia.Quarkfeld";
const MAIL = "zenobia@quarkfeld.example";
const DEVICE = "zenobias-own-laptop";
const REASON = "my doctor Ignatz Wunderlich says so";
const QUERY = "iban=DE02ZZ500105170137";
const PLACE = "patient-Quorlian-file";
const UNKNOWN = "pst_thisTokenIsNobodysMarked";
const MALFORMED = "malformedBodyMarkedXyzzy";
const ATTRIBUTES = `
kind: Attributes
name: people
owner: tests
subject:
  email: { type: string, source: entity }
---
`;

const canaries: Canary[] = [
  { what: "master key", value: MASTER },
  { what: "master key's bytes", value: Buffer.from(MASTER, "hex").toString("base64") },
  { what: "bootstrap secret", value: BOOTSTRAP },
  { what: "webhook secret", value: WEBHOOK.slice(6) },
  { what: "name", value: PERSON },
  { what: "e-mail", value: MAIL },
  { what: "device", value: DEVICE },
  { what: "reason", value: REASON },
  { what: "query", value: QUERY },
  { what: "path", value: PLACE },
  { what: "unknown token", value: UNKNOWN },
  { what: "malformed body", value: MALFORMED },
];
const keep = (what: string, value: string | undefined): string => {
  if (value === undefined) throw new Error(`expected ${what}`);
  canaries.push({ what, value });
  return value;
};

const lines: string[] = [];
const stderr: string[] = [];
/** What people without rights over it are told; their own pages may say their own names. */
const problems: string[] = [];
let metrics = "";
let kept: ReturnType<typeof keepSpans>;
let shop: Organisation;

beforeAll(async () => {
  kept = keepSpans();
  const said = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr.push(String(text));
    return true;
  });
  // A receiver of notices that fails, so that its trouble is logged.
  const receiver = createServer((_, response) => response.writeHead(500).end());
  await new Promise<void>((ready) => receiver.listen(0, "127.0.0.1", ready));
  const address = receiver.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const log = pino({ level: "trace" }, { write: (line: string) => lines.push(line) });
  shop = await startOrganisation(
    ATTRIBUTES + POLICY.trimStart(),
    {
      masterKey: Buffer.from(MASTER, "hex"),
      webhookUrl: `http://127.0.0.1:${port}/hook`,
      webhookSecret: WEBHOOK,
      trustedProxies: ["127.0.0.1"],
    },
    log,
  );
  try {
    await drive();
  } finally {
    await shop.stop();
    await new Promise((closed) => receiver.close(closed));
    kept.end();
    said.mockRestore();
  }
}, 60_000);
afterAll(() => vi.restoreAllMocks());

async function drive(): Promise<void> {
  const control = Number(new URL(shop.control).port);
  const call: typeof send = async (to, method, path, given) => {
    const answer = await send(to, method, path, given);
    if (answer.headers.get("content-type") === "application/problem+json") problems.push(answer.text);
    return answer;
  };
  const issued = must(
    await shop.service.tokens.issue(shop.admin, {
      label: "redaction",
      scopes: ["admin", "decide", "explain"],
      person: { type: "user", id: "ben" },
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    }),
  );
  const token = keep("token", issued.secret);

  const user = `/v1/entities/user/${PERSON}`;
  const put = await call(control, "PUT", user, { token, body: { attributes: { email: MAIL } } });
  expect(put.status).toBe(200);
  await call(control, "PUT", `/v1/entities/device/${DEVICE}`, { token, body: { shared: false } });

  const { secret } = await shop.register(PERSON, "aal2", { device: DEVICE });
  keep("session secret", secret);
  const at = browser();
  at.jar.set(shop.gateway, new Map([["__Host-postern", secret]]));
  const asked = await at.step(`${shop.people}/me/protection`);
  const minted = await at.step(String(asked.headers.location));
  const link = String(minted.headers.location);
  keep("sign-in code", /code=([\w-]+)/.exec(link)?.[1]);
  keep("browser cookie", at.jar.get(shop.people)?.get("__Host-postern-browser"));
  const home = await at.go(link);
  expect(home.status).toBe(200);
  keep("people's cookie", at.jar.get(shop.people)?.get("__Host-postern-me"));
  const offer = /href="([^"]*reports-on-this-device[^"]*)"/.exec(home.text)?.[1];
  if (offer === undefined) throw new Error("expected the offer on the page");
  const choice = await at.go(new URL(offer.replaceAll("&amp;", "&"), home.url).href);
  const form = formTo(choice, "");
  keep(
    "consent nonce",
    form.fields.nonce ?? Object.values(form.fields).find((value) => /^[\w-]{22,}$/.test(value)),
  );
  const forged = await at.submit(choice, {
    ...form,
    fields: { ...form.fields, nonce: "forgedNonceMarkedQuux" },
  });
  keep("forged nonce", "forgedNonceMarkedQuux");
  expect(forged.status).toBeGreaterThanOrEqual(400);
  const chosen = await at.submit(choice, form);
  expect(chosen.status).toBe(200);

  for (const path of [`/reports/${PLACE}?${QUERY}`, `/vault/${PLACE}?${QUERY}`, `/?${QUERY}`])
    await at.go(`${shop.gateway}${path}`, { "user-agent": PERSON, "x-request-id": "r1", traceparent: MAIL });
  await browser().step(`${shop.gateway}/reports/${PLACE}?${QUERY}`);

  const requested = await call(control, "POST", "/v1/opt-outs", {
    token,
    headers: { "idempotency-key": keep("idempotency key", "key-marked-4711-plugh") },
    body: {
      offer: "archive-anywhere",
      holder: { kind: "subject", subject: { type: "user", id: PERSON } },
      reason: REASON,
    },
  });
  expect(requested.status).toBe(201);
  const question = (id: string, subject: string) => ({
    subject: { type: "user", id: subject },
    action: { name: "get" },
    resource: { type: "route", id },
  });
  for (const id of [`/reports/${PLACE}?${QUERY}`, `/nowhere/${PLACE}`])
    await call(control, "POST", "/access/v1/evaluation", { token, body: question(id, PERSON) });
  await call(control, "GET", "/gate/nginx", {
    headers: {
      cookie: `__Host-postern=${secret}`,
      "x-original-method": "GET",
      "x-original-uri": `/reports/${PLACE}?${QUERY}`,
      "x-original-host": "shop.example",
    },
  });
  // Trouble of every kind.
  await call(control, "GET", `/v1/opt-outs?subject=user:${PERSON}&${QUERY}`, { token });
  await call(control, "GET", `/v1/decisions/${PLACE}`, { token });
  await call(control, "GET", `/v1/nothing/${PERSON}`, { token });
  await call(control, "GET", "/v1/opt-outs", { token: UNKNOWN });
  await call(control, "POST", "/v1/opt-outs", { token, raw: `{"${MALFORMED}": ` });
  await call(control, "POST", "/v1/tokens/bootstrap", {
    body: {
      secret: keep("wrong bootstrap secret", "wrongBootstrapMarkedFrobnitz"),
      person: { type: "user", id: PERSON },
    },
  });
  vi.spyOn(shop.service.ledger, "entries").mockRejectedValueOnce(new Error(`cannot read ${MAIL} ${PLACE}`));
  expect((await call(control, "GET", "/v1/ledger/entries", { token })).status).toBe(500);
  await vi.waitFor(() => expect(lines.join("")).toContain("notices"), { timeout: 8_000 });
  metrics = (await call(control, "GET", "/metrics", {})).text;
}

/** What a problem may repeat to whoever sent it: the name and address that were asked about, and nothing secret. */
const REPEATED = new Set(["name", "path", "malformed body"]);

const places = (): readonly Place[] => [
  { where: "log", text: lines.join("\n") },
  { where: "stderr", text: stderr.join("\n") },
  { where: "metrics", text: metrics },
  { where: "spans", text: JSON.stringify(kept.spans) },
];

describe("redaction", () => {
  it("has something to look through, of every kind", () => {
    const log = lines.join("\n");
    expect(log).toContain('"answered"');
    expect(log).toContain("a request failed");
    expect(metrics).toContain("postern_requests_total");
    expect(kept.spans.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "GET gateway",
        "postern.decide",
        "postern.store.append",
        "PUT /v1/entities/:type/:id",
      ]),
    );
    expect(problems.length).toBeGreaterThan(5);
    expect(new Set(canaries.map(({ what }) => what)).size).toBe(canaries.length);
    expect(canaries.length).toBeGreaterThanOrEqual(20);
  });

  it("no log line, metric, span or line of standard error holds a secret or names a person", () => {
    expect(scan(canaries, places())).toEqual([]);
  });

  it("no problem holds a secret, or more of a person than whoever asked had named", () => {
    const told = scan(canaries, [{ where: "problems", text: problems.join("\n") }]);
    expect(told.filter(({ what }) => !REPEATED.has(what))).toEqual([]);
  });

  it.each(["log", "stderr", "metrics", "spans"])(
    "a canary that is planted in the %s is found, however it is written",
    (where) => {
      const value = MAIL;
      const bytes = Buffer.from(value);
      const written = [
        value,
        value.toUpperCase(),
        bytes.toString("hex"),
        encodeURIComponent(value),
        ...["", "x", "xy"].flatMap((before) =>
          (["base64", "base64url"] as const).map((encoding) =>
            Buffer.from(`${before}${value} and more`).toString(encoding),
          ),
        ),
      ];
      for (const text of written) {
        const planted = places().map((place) =>
          place.where === where ? { ...place, text: `${place.text}\n{"detail":"${text}"}` } : place,
        );
        expect([text, scan(canaries, planted).some(({ what }) => what === "e-mail")]).toEqual([text, true]);
      }
    },
  );
});
