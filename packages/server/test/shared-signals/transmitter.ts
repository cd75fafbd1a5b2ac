import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CompactSign, exportJWK, generateKeyPair, type JWK } from "jose";

/** Another organisation's transmitter: its keys on an address of its own, and tokens of whatever shape. */
export interface StrangeTransmitter {
  readonly issuer: string;
  /** How often its keys were asked for. */
  asked(): number;
  rotate(): Promise<void>;
  sign(
    claims: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ): Promise<string>;
  /** Claims as they stand, whether they are JSON or not. */
  signText(text: string): Promise<string>;
  claims(more?: Readonly<Record<string, unknown>>): Record<string, unknown>;
  stop(): Promise<void>;
}

export const AUDIENCE = "https://postern.example/receiver";

/** What it answers besides its keys; null: 404. */
export type Answering = (
  method: string,
  path: string,
  body: Readonly<Record<string, unknown>>,
) => { readonly status: number; readonly body?: unknown } | null;

export async function strangeTransmitter(answering: Answering = () => null): Promise<StrangeTransmitter> {
  let asked = 0;
  let number = 0;
  let pair = await generateKeyPair("RS256", { extractable: true });
  let jwk: JWK = {};
  const publish = async (): Promise<void> => {
    jwk = { ...(await exportJWK(pair.publicKey)), kid: `key-${++number}`, alg: "RS256", use: "sig" };
  };
  await publish();
  const server: Server = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    if (request.url === "/jwks.json") {
      asked += 1;
      response.end(JSON.stringify({ keys: [jwk] }));
      return;
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      const [path = ""] = (request.url ?? "").split("?");
      const answer = answering(request.method ?? "", path, text === "" ? {} : JSON.parse(text));
      response.statusCode = answer?.status ?? 404;
      response.end(answer?.body === undefined ? (answer === null ? "{}" : "") : JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let jti = 0;
  const signText = (text: string, header: Readonly<Record<string, unknown>> = {}): Promise<string> =>
    new CompactSign(new TextEncoder().encode(text))
      .setProtectedHeader({
        alg: "RS256",
        typ: "secevent+jwt",
        ...(jwk.kid === undefined ? {} : { kid: jwk.kid }),
        ...header,
      })
      .sign(pair.privateKey);
  return {
    issuer,
    asked: () => asked,
    async rotate() {
      pair = await generateKeyPair("RS256", { extractable: true });
      await publish();
    },
    sign: (claims, header = {}) => signText(JSON.stringify(claims), header),
    signText,
    claims: (more = {}) => ({
      iss: issuer,
      aud: AUDIENCE,
      jti: `set-${++jti}`,
      iat: Math.floor(Date.now() / 1000),
      txn: "cause-1",
      sub_id: { format: "opaque", id: "ana" },
      events: {
        "https://schemas.openid.net/secevent/caep/event-type/risk-level-change": {
          principal: "USER",
          current_level: "HIGH",
          event_timestamp: Math.floor(Date.now() / 1000),
        },
      },
      ...more,
    }),
    stop: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}
