import { createServer, type IncomingMessage, type Server } from "node:http";
import { instant, type OptOutId, type SubjectRef } from "@postern/core";
import type { AccountMessage, OptOutMessage } from "@postern/service";
import { SMTPServer } from "smtp-server";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { smtpUrl } from "../../src/config/values.ts";
import { configWith, loadConfig } from "../../src/config.ts";
import { isAddress, mailChannel } from "../../src/notices/mail.ts";
import { webhookChannel } from "../../src/notices/webhook.ts";

const SECRET = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
const NOW = Date.parse("2026-11-21T09:00:00Z");

function message(more: Partial<OptOutMessage> = {}): OptOutMessage {
  return {
    id: `msg_${"a".repeat(40)}`,
    kind: "granted",
    at: instant(NOW),
    optOut: "oo_1" as OptOutId,
    control: "step-up",
    offer: "own",
    resources: ["route:/reports/**"],
    until: instant(NOW + 7 * 86_400_000),
    cause: null,
    holder: { type: "user", id: "ana" },
    holderRef: "sub_1" as SubjectRef,
    to: null,
    ...more,
  };
}

const recovered: AccountMessage = {
  id: `msg_${"b".repeat(40)}`,
  kind: "recovered",
  at: instant(NOW),
  subject: "sub_1" as SubjectRef,
  entry: 7,
  from: "192.0.2.0/24",
  to: null,
};

async function listening(server: {
  listen(port: number, host: string, ready: () => void): unknown;
}): Promise<void> {
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
}

function portOf(server: { address(): unknown }): number {
  return (server.address() as { readonly port: number }).port;
}

describe("notices by webhook", () => {
  let receiver: Server;
  let heard: { readonly url: string; readonly headers: IncomingMessage["headers"]; readonly body: string }[];
  let status: number;
  let url: string;
  beforeEach(async () => {
    heard = [];
    status = 200;
    receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        heard.push({
          url: request.url ?? "",
          headers: request.headers,
          body: Buffer.concat(chunks).toString(),
        });
        response.writeHead(status, status === 302 ? { location: "/elsewhere" } : {}).end();
      });
    });
    await listening(receiver);
    url = `http://127.0.0.1:${portOf(receiver)}/hook`;
  });
  afterEach(() => {
    receiver.closeAllConnections();
    receiver.close();
  });
  const channel = (wall = Date.now()) =>
    webhookChannel({ url, secret: SECRET, world: { wall: () => instant(wall) } });

  it("are signed so that a receiver of Standard Webhooks can tell that they are ours", async () => {
    expect(await channel().send(message())).toEqual({ kind: "delivered" });
    const [one] = heard;
    const headers = one?.headers as Record<string, string>;
    expect(new Webhook(SECRET).verify(one?.body ?? "", headers)).toEqual({
      type: "opt-out.granted",
      timestamp: "2026-11-21T09:00:00.000Z",
      data: { optOut: "oo_1", control: "step-up", offer: "own", until: "2026-11-28T09:00:00.000Z" },
    });
    expect(() => new Webhook(SECRET).verify(`${one?.body} `, headers)).toThrow();
  });

  it("have the same id and another signature when they are sent again", async () => {
    await channel().send(message());
    await channel(Date.now() + 5_000).send(message());
    const [first, second] = heard.map(({ headers }) => headers);
    expect(first?.["webhook-id"]).toBe(second?.["webhook-id"]);
    expect(first?.["webhook-signature"]).not.toBe(second?.["webhook-signature"]);
  });

  it("carry references only, no name and no address", async () => {
    await channel().send(message({ cause: "operator", kind: "ended" }));
    expect(heard[0]?.body).not.toMatch(/ana|user|@/);
    await channel().send(recovered);
    expect(JSON.parse(heard[1]?.body ?? "")).toEqual({
      type: "recovery.finished",
      timestamp: "2026-11-21T09:00:00.000Z",
      data: { subject: "sub_1" },
    });
  });

  it("are tried again where the receiver refuses, fails or is not there", async () => {
    for (status of [400, 410, 429, 500])
      expect(await channel().send(message())).toMatchObject({
        kind: "later",
        why: `the receiver answered ${status}`,
      });
    receiver.closeAllConnections();
    await new Promise((closed) => receiver.close(closed));
    expect(await channel().send(message())).toMatchObject({ kind: "later" });
  });

  it("go to the configured address alone and follow no redirect", async () => {
    status = 302;
    expect(await channel().send(message())).toMatchObject({ kind: "later" });
    expect(heard.map(({ url: asked }) => asked)).toEqual(["/hook"]);
  });

  it.each([
    "http://example.org/hook",
    "file:///etc/passwd",
    "https://user:secret@example.org/",
    "gopher://127.0.0.1/",
  ])("are not configured to go to %s", (given) => {
    const env = { POSTERN_WEBHOOK_URL: given, POSTERN_WEBHOOK_SECRET: SECRET };
    expect(() => loadConfig({ env })).toThrow(/POSTERN_WEBHOOK_URL/);
  });

  it("need their address and their secret together, and the secret is never told", () => {
    expect(() => loadConfig({ env: { POSTERN_WEBHOOK_URL: url } })).toThrow(/POSTERN_WEBHOOK_SECRET/);
    const wrong = { POSTERN_WEBHOOK_URL: url, POSTERN_WEBHOOK_SECRET: "hunter2" };
    expect(() => loadConfig({ env: wrong })).toThrow(/^(?!.*hunter2)/s);
    expect(
      loadConfig({ env: { POSTERN_WEBHOOK_URL: url, POSTERN_WEBHOOK_SECRET: SECRET } }).config.webhookUrl,
    ).toBe(url);
    expect(configWith({}).webhookUrl).toBeNull();
  });
});

describe("notices by mail", () => {
  let server: SMTPServer;
  let mails: { readonly to: readonly string[]; readonly source: string }[];
  let refuse: number | null;
  let url: string;
  beforeEach(async () => {
    mails = [];
    refuse = null;
    server = new SMTPServer({
      disabledCommands: ["AUTH", "STARTTLS"],
      logger: false,
      onRcptTo(_address, _session, done) {
        if (refuse === null) return done();
        done(Object.assign(new Error("mailbox of ana@example.org"), { responseCode: refuse }));
      },
      onData(stream, session, done) {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("end", () => {
          const to = session.envelope.rcptTo.map(({ address }) => address);
          mails.push({ to, source: Buffer.concat(chunks).toString() });
          done();
        });
      },
    });
    await listening(server);
    url = `smtp://127.0.0.1:${portOf(server.server)}`;
  });
  afterEach(() => new Promise<void>((closed) => server.close(() => closed())));
  const channel = () =>
    mailChannel({
      url,
      from: "postern@example.org",
      world: { wall: () => instant(NOW) },
      inbox: () => "https://me.example.org/me/inbox",
    });
  const to = (address: string | null, as: "holder" | "owner" = "holder") => ({
    ref: "sub_1" as SubjectRef,
    as,
    address,
  });

  it("say in plain words what happened and where to look", async () => {
    expect(await channel().send(message({ to: to("ana@example.org") }))).toEqual({ kind: "delivered" });
    const [mail] = mails;
    expect(mail?.to).toEqual(["ana@example.org"]);
    expect(mail?.source).toMatch(/^Subject: Second step for reports is off until 28 Nov, 09:00 UTC\r$/m);
    expect(mail?.source).toContain("https://me.example.org/me/inbox");
    expect(mail?.source).toMatch(/^Auto-Submitted: auto-generated\r$/m);
    expect(mail?.source).toMatch(new RegExp(`^Message-ID: <msg_${"a".repeat(40)}@`, "m"));
  });

  it("say of a recovery when it was, and from which network", async () => {
    expect(await channel().send({ ...recovered, to: to("ana@example.org") })).toEqual({ kind: "delivered" });
    const source = (mails[0]?.source ?? "").replaceAll("=\r\n", "");
    expect(source).toMatch(/^Subject: Your account was recovered\r$/m);
    expect(source).toContain("On 21 Nov, 09:00 UTC");
    expect(source).toContain("network 192.0.2.0/24");
  });

  it("tell a password to another machine over TLS alone, and to this one without", async () => {
    const told: unknown[] = [];
    const open = new SMTPServer({
      disabledCommands: ["STARTTLS"],
      allowInsecureAuth: true,
      logger: false,
      onAuth({ password }, _session, done) {
        told.push(password);
        done(null, { user: "postern" });
      },
      onData(stream, _session, done) {
        stream.on("end", done).resume();
      },
    });
    await listening(open);
    const given = message({ to: to("ana@example.org") });
    // An address of this machine that is not known as one.
    url = `smtp://postern:hunter2@0.0.0.0:${portOf(open.server)}`;
    expect(await channel().send(given)).toMatchObject({ kind: "later" });
    expect(told).toEqual([]);
    url = `smtp://postern:hunter2@127.0.0.1:${portOf(open.server)}`;
    expect(await channel().send(given)).toEqual({ kind: "delivered" });
    expect(told).toEqual(["hunter2"]);
    await new Promise<void>((closed) => open.close(() => closed()));
  });

  it("go to an address without parameters that would do without TLS", () => {
    expect(smtpUrl("smtp://a:b@mail.example?tls.servername=mx.example")).toMatchObject({ ok: true });
    for (const name of ["ignoreTLS", "requireTLS", "secure", "auth.user"])
      expect(smtpUrl(`smtp://a:b@mail.example?${name}=false`)).toMatchObject({ ok: false });
  });

  it("put no header into a mail by a name with line breaks", async () => {
    const holder = { type: "user", id: "ana\r\nBcc: eve@example.org\r\n\r\n<b>hello</b>" };
    const resources = ["route:/reports%0D%0ABcc:%20eve@example.org/**"];
    await channel().send(message({ holder, resources, to: to("owner@example.org", "owner") }));
    const [mail] = mails;
    const [headers = ""] = (mail?.source ?? "").split("\r\n\r\n");
    expect(mail?.to).toEqual(["owner@example.org"]);
    expect(headers).not.toMatch(/^Bcc:/im);
    expect(headers.match(/^Subject:/gim)).toHaveLength(1);
  });

  it.each([
    "ana@example.org\r\nBcc: eve@example.org",
    "ana@example.org, eve@example.org",
    "Ana <ana@example.org>",
    "ana@example.org;eve@example.org",
    "ana",
    "@example.org",
  ])("go to one plain address, never to %j", async (address) => {
    expect(isAddress(address)).toBe(false);
    expect(await channel().send(message({ to: to(address) }))).toMatchObject({ kind: "never" });
    expect(mails).toEqual([]);
  });

  it("are given up where the server refuses for good, tried again where it does not, and repeat no address", async () => {
    refuse = 550;
    const never = await channel().send(message({ to: to("ana@example.org") }));
    expect(never).toEqual({ kind: "never", why: "the mail server answered 550" });
    refuse = 452;
    const later = await channel().send(message({ to: to("ana@example.org") }));
    expect(later).toEqual({ kind: "later", why: "the mail server answered 452", ofMessage: true });
  });

  it("wait for a server that is away, and leave out who has no address", async () => {
    expect(await channel().send(message({ to: to(null) }))).toEqual({ kind: "delivered" });
    expect(mails).toEqual([]);
    await new Promise<void>((closed) => server.close(() => closed()));
    expect(await channel().send(message({ to: to("ana@example.org") }))).toMatchObject({ kind: "later" });
  });
});
