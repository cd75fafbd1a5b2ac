import { createHash, createPrivateKey, generateKeyPairSync, type JsonWebKey, sign } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface DeviceAnswer {
  /** The address of the people's pages, whose challenge it answers. */
  readonly origin: string;
  readonly challenge: string;
  /** Makes the key, in place of any that is there, and shows its public half with the answer. */
  readonly create: boolean;
}

/**
 * Signs a challenge as the browser of a sample person does, so that the tour can be taken without a browser. For trying
 * the sample only: here the key lies in a file that can be copied, in a browser it cannot be taken out.
 *
 * @throws where there is no such person, or no key yet.
 */
export function answerForDevice(folder: string, name: string, answer: DeviceAnswer): string {
  if (!/^[a-z]{1,32}$/.test(name) || !existsSync(folder))
    throw new Error(
      `expected a sample person, such as \`ana\`, and a shop in \`${folder}\`, got \`${name}\``,
    );
  const path = join(folder, `${name}.device-key.json`);
  if (answer.create) {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    writeFileSync(path, JSON.stringify(privateKey.export({ format: "jwk" })), { mode: 0o600 });
  }
  if (!existsSync(path)) throw new Error(`${name} trusts no browser here yet; make its key with --new`);
  const key = JSON.parse(readFileSync(path, "utf8")) as JsonWebKey;
  const jwk = { crv: "P-256", kty: "EC", x: key.x, y: key.y };
  const kid = createHash("sha256").update(JSON.stringify(jwk)).digest("base64url");
  const head = { typ: "dbsc+jwt", alg: "ES256", kid, ...(answer.create ? { jwk } : {}) };
  const said = [head, { jti: answer.challenge, aud: answer.origin }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const signature = sign("sha256", Buffer.from(said), {
    key: createPrivateKey({ key, format: "jwk" }),
    dsaEncoding: "ieee-p1363",
  });
  return `${said}.${signature.toString("base64url")}`;
}
